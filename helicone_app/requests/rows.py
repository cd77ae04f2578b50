"""A logged request as Helicone's API has it (contract 4.3)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from accounts_app.models import ApiKey
from helicone_app.requests.bodies import ELSEWHERE, body_url
from helicone_app.signed import SignedUrls
from helicone_app.times import iso
from helicone_site.formats import usd
from ingest_app.provider_names import helicone_name
from requests_app.actions import THUMB_UP
from requests_app.queries import RequestRow

FEEDBACK_SCORE = "helicone-score-feedback"
AI_GATEWAY = "ai-gateway"
_NO_CACHE_HIT = "00000000-0000-0000-0000-000000000000"
# Beside helicone_id not Helicone's: without these, steps that are no calls of models could not be told from them.
OURS = ("error", "is_stream", "kind", "span_name", "trace_id", "span_id", "parent_span_id")
# What Helicone keeps as properties and we in columns.
_COLUMNS_AS_PROPERTIES = {
    "Helicone-Session-Id": "session_id",
    "Helicone-Session-Name": "session_name",
    "Helicone-Session-Path": "session_path",
}


def key_names(rows: Iterable[RequestRow]) -> dict[int, str]:
    """Returns the names of the API keys with which `rows`, all of one organization, were logged."""
    keys = {(row.organization_id, row.api_key_id) for row in rows if row.api_key_id is not None}
    organizations, ids = {organization for organization, _ in keys}, {id for _, id in keys}
    named = ApiKey.objects.filter(organization_id__in=organizations, id__in=ids)
    return dict(named.values_list("id", "name"))


def helicone_row(row: RequestRow, *, body_urls: SignedUrls, key_name: str) -> dict[str, Any]:
    """Returns the row as JSON, with stubs in place of its bodies."""
    properties = {
        **{name: value for name, column in _COLUMNS_AS_PROPERTIES.items() if (value := getattr(row, column))},
        **row.properties,
    }
    cost_usd = usd(row.cost_nanodollars)
    answered_at = row.created_at + timedelta(milliseconds=row.latency_ms)
    return {
        "request_id": row.request_id,
        # Clients repeat their ids, and each such request is a row of its own: this one is unique.
        "helicone_id": str(row.id),
        "response_id": str(row.id),
        "request_created_at": iso(row.created_at),
        "response_created_at": iso(answered_at),
        "request_body": ELSEWHERE,
        "response_body": ELSEWHERE,
        "signed_body_url": body_url(row, body_urls),
        "response_status": row.status,
        "request_path": row.path,
        "target_url": row.target_url,
        "request_model": row.request_model or None,
        "response_model": row.response_model or None,
        "model_override": None,
        "model": row.model or "unknown",
        "provider": helicone_name(row.provider),
        "delay_ms": row.latency_ms,
        "time_to_first_token": row.time_to_first_token_ms,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "total_tokens": row.total_tokens,
        "prompt_cache_read_tokens": row.cache_read_tokens,
        "prompt_cache_write_tokens": row.cache_write_tokens,
        "prompt_audio_tokens": row.prompt_audio_tokens,
        "completion_audio_tokens": row.completion_audio_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "cost": cost_usd,
        "costUSD": cost_usd,
        "request_user_id": row.user_id or None,
        "helicone_user": row.user_id or None,
        "country_code": None,
        "request_properties": properties,
        "properties": properties,
        **_said_of(row),
        "prompt_id": row.properties.get("Helicone-Prompt-Id"),
        "prompt_version": row.properties.get("Helicone-Prompt-Version"),
        "prompt_name": None,
        "prompt_regex": None,
        "key_name": key_name,
        "node_id": None,
        "asset_ids": None,
        "assets": [],
        "asset_urls": None,
        "cache_enabled": False,
        "cache_reference_id": _NO_CACHE_HIT,
        "llmSchema": None,
        "updated_at": iso(answered_at),
        "request_referrer": row.referrer or None,
        "ai_gateway_body_mapping": "OPENAI" if row.referrer == AI_GATEWAY else None,
        "storage_location": "s3",
        **{name: getattr(row, name) for name in OURS},
    }


def _said_of(row: RequestRow) -> dict[str, Any]:
    scores: dict[str, float] = dict(row.scores)
    if row.feedback is not None:
        scores[FEEDBACK_SCORE] = row.feedback
    return {
        "scores": scores,
        "request_feedback": None,
        "feedback_rating": None if row.feedback is None else row.feedback == THUMB_UP,
        "feedback_id": None if row.feedback is None else str(row.id),
        "feedback_created_at": None,
    }
