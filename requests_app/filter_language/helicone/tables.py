"""The tables of Helicone's filter trees that say something of requests."""

from collections.abc import Mapping
from dataclasses import dataclass

from requests_app.filter_language.helicone.columns import (
    Body,
    Nested,
    Refused,
    Table,
    field,
    no_input,
    property_column,
    property_key,
    provider,
    score,
    thumb,
)

_PROMPT_ID_PROPERTY = "Helicone-Prompt-Id"
_PROMPT_VERSION_PROPERTY = "Helicone-Prompt-Version"
_OF_SESSIONS = Refused("This is said of sessions, not of requests: filter sessions by it.")


@dataclass(frozen=True)
class Tables:
    """The tables by which `rows`, the plural of what they are called, can be filtered."""

    rows: str
    by_name: Mapping[str, Table]


REQUEST_TABLES = Tables(
    "requests",
    {
        "request_response_rmt": {
            **{
                column: field(ours)
                for column, ours in {
                    "request_id": "request_id",
                    "model": "model",
                    "user_id": "user",
                    "organization_id": "organization",
                    "node_id": "node_id",
                    "job_id": "job_id",
                    "country_code": "country",
                    "target_url": "url",
                    "request_referrer": "referrer",
                    "cache_reference_id": "cache_reference_id",
                    "assets": "assets",
                    "status": "status",
                    "latency": "latency",
                    "cost": "cost",
                    "time_to_first_token": "ttft",
                    "prompt_tokens": "prompt_tokens",
                    "completion_tokens": "completion_tokens",
                    "total_tokens": "tokens",
                    "prompt_cache_read_tokens": "cache_read_tokens",
                    "prompt_cache_write_tokens": "cache_write_tokens",
                    "request_created_at": "time",
                    "response_created_at": "answered",
                    "threat": "threat",
                    "cache_enabled": "cache_enabled",
                    "cached": "cached",
                    "is_passthrough_billing": "passthrough_billing",
                }.items()
            },
            "provider": provider,
            "request_body": Body("request"),
            "response_body": Body("response"),
            "prompt_id": property_column(_PROMPT_ID_PROPERTY),
            "prompt_version": property_column(_PROMPT_VERSION_PROPERTY),
            "helicone-score-feedback": thumb,
            "property_key": property_key,
            "properties": Nested(property_column),
            "search_properties": Nested(property_column),
            "scores": Nested(score),
            "scores_column": Refused("Scores are filtered by name, below 'scores'."),
        },
        "request": {
            "id": field("request_id"),
            "created_at": field("time"),
            "user_id": field("user"),
            "model": field("model"),
            "modelOverride": field("model"),
            "path": field("path"),
            "prompt": Body("request"),
            "prompt_id": property_column(_PROMPT_ID_PROPERTY),
            "country_code": field("country"),
            "org_id": field("organization"),
            "node_id": field("node_id"),
            "properties": Nested(property_column),
            "auth_hash": Refused("The hash of the key is not kept with the request."),
        },
        "response": {
            "status": field("status"),
            "model": field("response_model"),
            "body_model": field("response_model"),
            "body_tokens": field("tokens"),
            "body_completion": Body("response"),
        },
        "sessions_request_response_rmt": {
            "session_session_id": field("session"),
            "session_session_name": field("session_name"),
            **{
                f"session_{name}": _OF_SESSIONS
                for name in (
                    *("total_cost", "total_tokens", "prompt_tokens", "completion_tokens", "total_requests"),
                    *("created_at", "latest_request_created_at", "tag"),
                )
            },
        },
        "feedback": {
            "rating": thumb,
            "response_id": field("id"),
            "id": Refused("Feedback has no id of its own: filter by response_id."),
            "created_at": Refused("When feedback was given is not kept."),
        },
        "properties": Nested(property_column),
        "values": Nested(no_input),
    },
)
