"""How a provider served a request, as its answer tells, where that may have a price of its own."""

from ingest_app.dialects.base import Json, table, text_of

_SERVICE_TIERS = {
    "batch": "batch",
    "flex": "flex",
    "priority": "priority",
    "fast": "fast",
    # Vertex tells the kind of traffic.
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
}


def tier_of(answer: Json) -> str:
    """Returns the tiers an answer was served in, joined by commas; "" for the standard.

    They are `batch`, `flex`, `priority`, `fast`; `us`, when it was kept in the United States; `medium` and `high`,
    when more was searched than little.
    """
    usage, gemini = table(answer.get("usage")), table(answer.get("usageMetadata"))
    told = (
        answer.get("service_tier"),  # OpenAI and who speaks its form
        usage.get("service_tier"),  # Anthropic
        usage.get("speed"),  # Anthropic
        gemini.get("serviceTier"),
        gemini.get("trafficType"),
        table(answer.get("serviceTier")).get("type"),  # Bedrock Converse
    )
    tiers = {_SERVICE_TIERS.get(text_of(name).lower(), "") for name in told if name}
    if usage.get("inference_geo") == "us":  # Anthropic
        tiers.add("us")
    if usage.get("search_context_size") in ("medium", "high"):  # Perplexity
        tiers.add(text_of(usage["search_context_size"]))
    return ",".join(sorted(tiers - {""}))
