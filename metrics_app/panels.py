"""The panels that dashboards offer: what may be shown, and how large it is at first."""

from metrics_app.layouts import Dashboard, Panel

DASHBOARD = Dashboard(
    "dashboard",
    (
        Panel("requests", "Requests", 3, "s"),
        Panel("cost", "Cost", 3, "s"),
        Panel("error_rate", "Error rate", 3, "s"),
        Panel("tokens", "Tokens", 3, "s"),
        Panel("latency_p95", "Latency p95", 3, "s"),
        Panel("first_token", "First token p50", 3, "s"),
        Panel("active_users", "Active users", 3, "s"),
        Panel("cache_hits", "Prompt cache hits", 3, "s"),
        Panel("latency_p50", "Latency p50", 3, "s", is_shown=False),
        Panel("latency_p99", "Latency p99", 3, "s", is_shown=False),
        Panel("cost_by", "Cost by", 8, "m"),
        Panel("top", "Top by cost", 4, "m"),
        Panel("requests_by_status", "Requests by status", 6, "m"),
        Panel("latency_percentiles", "Latency", 6, "m"),
        Panel("errors_by_provider", "Error rate by provider", 6, "m"),
        Panel("errors_by_model", "Error rate by model", 6, "m", is_shown=False),
        Panel("error_kinds", "Failures by error", 6, "m"),
        Panel("first_token_percentiles", "Time to first token", 6, "m"),
        Panel("generation_speed", "Generation speed", 6, "m"),
        Panel("tokens_by_kind", "Tokens by kind", 6, "m"),
        Panel("cache_savings", "Saved by the prompt cache", 6, "m"),
        Panel("request_rate", "Request rate", 6, "m", is_shown=False),
        Panel("throughput", "Throughput", 6, "m", is_shown=False),
        Panel("requests_by", "Requests by", 6, "m", is_shown=False),
        Panel("users_over_time", "Active users over time", 6, "m", is_shown=False),
        Panel("top_models", "Top models", 4, "m"),
        Panel("top_users", "Top users", 4, "m"),
        Panel("top_errors", "Top errors", 4, "m"),
        Panel("top_providers", "Top providers", 4, "m", is_shown=False),
    ),
)
DASHBOARDS = {dashboard.name: dashboard for dashboard in (DASHBOARD,)}
