"""Models of others at Azure, Vertex and Bedrock, whose regions have prices."""

from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, chat, converse, gemini, message, on

AZURE = List(
    "https://azure.microsoft.com/en-us/pricing/details/cognitive-services/openai-service/", "2025-10-15"
)
VERTEX = List("https://docs.claude.com/en/docs/about-claude/pricing#third-party-platform-pricing", "2025-10")
GEMINI = List("https://ai.google.dev/gemini-api/docs/pricing", "2026-07")
BEDROCK = List("https://aws.amazon.com/bedrock/pricing/", "2025-10")
NOVA = List("https://aws.amazon.com/bedrock/pricing/", "2024-12")
AWS_PRICE_LIST = List(
    "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonBedrock/current/us-east-1/index.json",
    "2026-09-01",
)


def _case(
    listed: List, day: str, provider: str, path: str, answer: Answer, *bill: Line, **more: Any
) -> PriceCase:
    return PriceCase(listed, on(day), provider, path, answer, bill, **more)


def _azure(
    deployment: str, answer: Answer, *bill: Line, nanodollars: int, end: str = "chat/completions"
) -> PriceCase:
    path = f"/openai/deployments/{deployment}/{end}?api-version=2024-10-21"
    return _case(AZURE, "2025-10-20", "azure", path, answer, *bill, nanodollars=nanodollars)


def _vertex(location: str, model: str, answer: Answer, *bill: Line, nanodollars: int) -> PriceCase:
    path = f"/v1/projects/p/locations/{location}/publishers/anthropic/models/{model}:rawPredict"
    host = "aiplatform" if location == "global" else f"{location}-aiplatform"
    return _case(
        VERTEX,
        "2025-10-20",
        "vertex",
        path,
        answer,
        *bill,
        nanodollars=nanodollars,
        target_url=f"https://{host}.googleapis.com{path}",
    )


def _bedrock(model: str, answer: Answer, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
    listed, day, end = more.get("listed", BEDROCK), more.get("day", "2025-10-20"), more.get("end", "converse")
    path = f"/model/{model.replace(':', '%3A')}/{end}"
    return _case(listed, day, "bedrock", path, answer, *bill, nanodollars=nanodollars)


CLOUDS: dict[str, PriceCase] = {
    "Azure: GPT-4o under a deployment's name": _azure(
        "my-assistant",
        chat("gpt-4o-2024-11-20", 1_000, 100, cached=400),
        Line(600, "input", "2.50"),
        Line(400, "cached input", "1.25"),
        Line(100, "output", "10"),
        nanodollars=3_000_000,
    ),
    "Azure: a deployment whose answer names no model": _azure(
        "gpt-4o",
        {key: value for key, value in chat("", 1_000, 100).items() if key != "model"},
        Line(1_000, "input", "2.50"),
        Line(100, "output", "10"),
        nanodollars=3_500_000,
    ),
    "Vertex: Sonnet 4.5 at the global endpoint": _vertex(
        "global",
        "claude-sonnet-4-5@20250929",
        message("claude-sonnet-4-5-20250929", 1_000, 100, read=1_000),
        Line(1_000, "input", "3"),
        Line(1_000, "cache hits", "0.30"),
        Line(100, "output", "15"),
        nanodollars=4_800_000,
    ),
    "Vertex: Sonnet 4.5 in a region, a tenth more": _vertex(
        "us-east5",
        "claude-sonnet-4-5@20250929",
        message("claude-sonnet-4-5-20250929", 1_000, 100, read=1_000),
        Line(1_000, "input and 10 %", "3.30"),
        Line(1_000, "cache hits and 10 %", "0.33"),
        Line(100, "output and 10 %", "16.50"),
        nanodollars=5_280_000,
    ),
    "Vertex: Opus 4.1 written for an hour, twice the input": _vertex(
        "us-east5",
        "claude-opus-4-1@20250805",
        message("claude-opus-4-1-20250805", 100, 10, write_1h=1_000),
        Line(100, "input", "15"),
        Line(1_000, "1 hour cache writes", "30"),
        Line(10, "output", "75"),
        nanodollars=32_250_000,
    ),
    "Vertex: Opus 4.1 in a region, which costs no more": _vertex(
        "europe-west1",
        "claude-opus-4-1@20250805",
        message("claude-opus-4-1-20250805", 1_000, 100),
        Line(1_000, "input", "15"),
        Line(100, "output", "75"),
        nanodollars=22_500_000,
    ),
    "Vertex: Gemini 2.5 Pro priority, told by the kind of traffic": _case(
        GEMINI,
        "2026-07-10",
        "vertex",
        "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:generateContent",
        gemini(1_000, 100, trafficType="ON_DEMAND_PRIORITY"),
        Line(1_000, "priority input", "2.25"),
        Line(100, "priority output", "18.00"),
        nanodollars=4_050_000,
    ),
    "Bedrock: Sonnet 4.5 across all regions, with its cache": _bedrock(
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        converse(1_000, 100, read=1_000, write=1_000),
        Line(1_000, "input", "3"),
        Line(1_000, "cache read", "0.30"),
        Line(1_000, "5 minute cache write", "3.75"),
        Line(100, "output", "15"),
        nanodollars=8_550_000,
    ),
    "Bedrock: Sonnet 4.5 written for an hour": _bedrock(
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        converse(100, 10, write=1_000, usage={"cacheDetails": [{"ttl": "1h", "inputTokens": 1_000}]}),
        Line(100, "input", "3"),
        Line(1_000, "1 hour cache write", "6"),
        Line(10, "output", "15"),
        nanodollars=6_450_000,
    ),
    "Bedrock: Sonnet 4.5's long context across all regions": _bedrock(
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        converse(150_000, 1_000, read=100_000),
        Line(150_000, "input", "6"),
        Line(100_000, "cache read", "0.60"),
        Line(1_000, "output", "22.50"),
        nanodollars=982_500_000,
    ),
    "Bedrock: Sonnet 4.5's long context in the United States": _bedrock(
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        converse(250_000, 1_000),
        Line(250_000, "input", "6.60"),
        Line(1_000, "output", "24.75"),
        nanodollars=1_674_750_000,
    ),
    "Bedrock: Sonnet 4's long context": _bedrock(
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
        converse(250_000, 1_000),
        Line(250_000, "input", "6"),
        Line(1_000, "output", "22.50"),
        nanodollars=1_522_500_000,
    ),
    "Bedrock: Haiku 4.5 in the United States, in Anthropic's own form": _bedrock(
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        message("claude-haiku-4-5-20251001", 1_000, 100),
        Line(1_000, "input", "1.10"),
        Line(100, "output", "5.50"),
        nanodollars=1_650_000,
        end="invoke",
    ),
    "Bedrock: Nova Micro": _bedrock(
        "amazon.nova-micro-v1:0",
        converse(10_000, 1_000),
        Line(10_000, "input", "0.035"),
        Line(1_000, "output", "0.14"),
        nanodollars=490_000,
        listed=NOVA,
    ),
    "Bedrock: Nova Lite": _bedrock(
        "us.amazon.nova-lite-v1:0",
        converse(10_000, 1_000),
        Line(10_000, "input", "0.06"),
        Line(1_000, "output", "0.24"),
        nanodollars=840_000,
        listed=NOVA,
    ),
    "Bedrock: Nova Pro, read from its cache at a quarter": _bedrock(
        "amazon.nova-pro-v1:0",
        converse(1_000, 500, read=4_000),
        Line(1_000, "input", "0.80"),
        Line(4_000, "cache read, 75 % less", "0.20"),
        Line(500, "output", "3.20"),
        nanodollars=3_200_000,
        listed=NOVA,
    ),
    "Bedrock: Nova Pro flex, half the standard": _bedrock(
        "amazon.nova-pro-v1:0",
        converse(1_000, 100, serviceTier={"type": "flex"}),
        Line(1_000, "flex input", "0.40"),
        Line(100, "flex output", "1.60"),
        nanodollars=560_000,
        listed=AWS_PRICE_LIST,
        day="2026-09-01",
    ),
    "Bedrock: Nova Pro priority, 1.75 times the standard": _bedrock(
        "amazon.nova-pro-v1:0",
        converse(1_000, 100, serviceTier={"type": "priority"}),
        Line(1_000, "priority input", "1.40"),
        Line(100, "priority output", "5.60"),
        nanodollars=1_960_000,
        listed=AWS_PRICE_LIST,
        day="2026-09-01",
    ),
}
