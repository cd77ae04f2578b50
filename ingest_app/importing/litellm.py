"""LiteLLM's spend logs: rows of its table `LiteLLM_SpendLogs`, as `/spend/logs` answers them or `COPY` writes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ingest_app.dialects import table, text_of
from ingest_app.dialects.openai_usage import input_usage, prompt_usage
from ingest_app.doors.otlp.providers import CUSTOM, provider_named, provider_of_model
from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.importing.making import draft, finished
from ingest_app.importing.origins import Context
from ingest_app.importing.report import Skipped
from ingest_app.importing.row import Row, unwrapped
from ingest_app.importing.values import (
    between_ms,
    boolean,
    integer,
    nanodollars,
    properties_of,
    time_us,
)

SOURCE = "litellm"
_FREE = "a spend of 0 though there are tokens, which LiteLLM also writes where it knows no price: kept as 0"
_PATHS = {
    "completion": "/v1/chat/completions",
    "text_completion": "/v1/completions",
    "embedding": "/v1/embeddings",
    "responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "image_generation": "/v1/images/generations",
    "image_edit": "/v1/images/edits",
    "transcription": "/v1/audio/transcriptions",
    "speech": "/v1/audio/speech",
    "moderation": "/v1/moderations",
    "rerank": "/v1/rerank",
    "generate_content": "/v1beta/models/:generateContent",
    "generate_content_stream": "/v1beta/models/:generateContent",
    "realtime": "/v1/realtime",
}
# Its names of providers that say another one by their words, or none.
_PROVIDERS = {
    "hosted_vllm": "vllm",
    "vllm": "vllm",
    "lm_studio": "lmstudio",
    "custom": CUSTOM,
    "litellm_proxy": "",
}
_FAILED = "failure"
_TRUNCATED = b"litellm_truncated"
_AGENT_TAG = "User-Agent: "
# What the metadata say of the key, and the property it becomes here.
_KEY_PROPERTIES = {
    "user_api_key_alias": "LiteLLM-Key",
    "user_api_key_team_alias": "LiteLLM-Team",
    "user_api_key_org_id": "LiteLLM-Organization",
    "user_api_key_project_id": "LiteLLM-Project",
}
_CLIENTS_METADATA = ("requester_metadata", "spend_logs_metadata", "requester_custom_headers")
# What of the metadata says again what columns say, or how LiteLLM came to it.
_KNOWN_METADATA = frozenset(
    (
        *(*_KEY_PROPERTIES, *_CLIENTS_METADATA, "usage_object", "additional_usage_values", "error_information"),
        *("status", "user_api_key", "user_api_key_hash", "user_api_key_team_id", "user_api_key_user_id"),
        *("user_api_key_user_email", "user_api_key_end_user_id", "model_map_information", "proxy_server_request"),
        *("batch_models", "cost_breakdown", "user_api_key_request_route", "requester_ip_address", "trace_id"),
        *("attempted_retries", "max_retries", "cold_storage_object_key", "user_api_key_auth_metadata"),
    )
)  # fmt: skip
_REPEATED = (
    "total_tokens",
    "request_duration_ms",
    "model_id",
    "api_key",
    "cache_key",
    "organization_id",
    "team_id",
)


class SpendLogs:
    """Translates them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def prepare(self, rows: Sequence[Row]) -> None:
        """There is nothing to fetch."""

    def events(self, row: Row, at: str) -> Iterable[LogEvent]:
        return [self._event(row)]

    def _event(self, row: Row) -> LogEvent:
        start_us, end_us, first_us = (
            time_us(row.get(*names), now_us=self._context.now_us)
            for names in (("startTime", "start_time"), ("endTime", "end_time"), ("completionStartTime",))
        )
        request_id = row.text("request_id")
        if start_us is None or not request_id:
            raise Skipped("startTime or request_id is missing: it is no row of LiteLLM_SpendLogs")
        metadata = row.object("metadata")
        # Where nothing was streamed LiteLLM writes the end for the first token.
        is_stream = first_us is not None and end_us is not None and start_us < first_us < end_us
        kind, name = _kind(row)
        bodies = _bodies(row)
        status, error = _outcome(row, metadata)
        drafted = draft(
            source=SOURCE,
            organization_id=self._context.organization_id,
            original_id=request_id,
            at_us=start_us,
            request_id=request_id,
            provider=_provider(row, metadata) or self._context.provider or CUSTOM,
            path=_path(row),
            target_url=row.text("api_base"),
            status=status,
            latency_ms=between_ms(start_us, end_us) or 0,
            is_stream=is_stream,
            user_id=row.text("end_user", "user"),
            session_id=row.text("session_id"),
            properties=self._properties(row, metadata),
            kind=kind,
            span_name=name,
            sent_model=f"tool:{name}" if kind is SpanKind.TOOL else "",
            request_body=bodies[0],
            response_body=bodies[1],
        )
        has_tokens = bool(integer(row.get("prompt_tokens")) or integer(row.get("completion_tokens")))
        cost = self._cost(row)
        event = finished(
            drafted,
            usage=_usage(row, metadata, drafted.facts.usage) if has_tokens else None,
            cost_nanodollars=cost
            if cost or has_tokens
            else None,  # that nothing was done cost nothing is no news
            request_model=row.text("model_group") or _bare(row, drafted.event.provider),
            response_model=_bare(row, drafted.event.provider),
            time_to_first_token_ms=between_ms(start_us, first_us) if is_stream else None,
            error=error,
        )
        self._tell_lost(row, metadata, bodies)
        return event

    def _cost(self, row: Row) -> int | None:
        cost = nanodollars(row.get("spend"))
        if cost == 0 and not _is_hit(row) and integer(row.get("prompt_tokens")):
            self._context.report.remark(_FREE)
        return cost

    def _properties(self, row: Row, metadata: Mapping[str, Any]) -> dict[str, str]:
        given: dict[str, Any] = {}
        for name in _CLIENTS_METADATA:
            given |= table(unwrapped(metadata.get(name)))
        for name, ours in _KEY_PROPERTIES.items():
            given[ours] = metadata.get(name)
        given.setdefault("LiteLLM-Team", row.text("team_id"))
        tags = [
            tag for tag in row.list("request_tags") if isinstance(tag, str) and not tag.startswith(_AGENT_TAG)
        ]
        given["Tags"] = ", ".join(sorted(tags))
        if row.text("end_user") and row.text("user"):
            given["LiteLLM-User"] = row.text("user")
        if _is_hit(row):
            given["LiteLLM-Cache-Hit"] = "true"
        # The rest of the metadata is what clients sent along.
        given |= {
            name: value for name, value in metadata.items() if name not in _KNOWN_METADATA and _says(value)
        }
        return properties_of(given)

    def _tell_lost(self, row: Row, metadata: Mapping[str, Any], bodies: tuple[bytes, bytes]) -> None:
        lose = self._context.report.lose
        if not any(bodies):
            lose("bodies that LiteLLM did not keep (store_prompts_in_spend_logs was off)")
        elif any(_TRUNCATED in body for body in bodies):
            lose("parts of bodies that LiteLLM has cut")
        if metadata.get("cold_storage_object_key"):
            lose("bodies in LiteLLM's cold storage")
        row.ignore(*_REPEATED)
        for name in row.left():
            lose(name)


def _is_hit(row: Row) -> bool:
    return boolean(row.get("cache_hit"))


def _says(value: Any) -> bool:
    return value not in (None, "", [], {}, False)


def _kind(row: Row) -> tuple[SpanKind, str]:
    """Returns the kind of the row, and a tool's name."""
    tool = row.text("mcp_namespaced_tool_name")
    if tool or row.text("call_type") == "call_mcp_tool":
        return SpanKind.TOOL, tool
    return SpanKind.MODEL, ""


def _path(row: Row) -> str:
    call = row.text("call_type")
    known = _PATHS.get(call) or _PATHS.get(call.removeprefix("a")) or _PATHS.get(call.removeprefix("_a"))
    return known or urlsplit(row.text("api_base")).path or f"/{call}"


def _provider(row: Row, metadata: Mapping[str, Any]) -> str:
    told = row.text("custom_llm_provider") or text_of(
        table(unwrapped(metadata.get("error_information"))).get("llm_provider")
    )
    named = _PROVIDERS[told] if told in _PROVIDERS else provider_named(told)
    return named or provider_of_model(row.text("model"))


def _bare(row: Row, provider: str) -> str:
    """Returns the model's name without that of its provider, which LiteLLM puts before it."""
    model = row.text("model")
    before, slash, rest = model.partition("/")
    is_provider = before == row.text("custom_llm_provider") or provider_named(before) == provider
    return rest if slash and is_provider else model


def _bodies(row: Row) -> tuple[bytes, bytes]:
    asked = row.object("proxy_server_request")
    asked = table(unwrapped(asked.get("body"))) or asked
    messages = unwrapped(row.get("messages"))
    request = b""
    if asked.get("messages") or asked.get("input") or asked.get("prompt"):
        request = msgspec.json.encode(asked)
    elif messages:
        member = "messages" if isinstance(messages, list) else "input"
        request = msgspec.json.encode({"model": row.text("model_group", "model"), member: messages})
    response = row.json("response")
    return request, b"" if response in (b"{}", b"[]") else response


def _outcome(row: Row, metadata: Mapping[str, Any]) -> tuple[int, str]:
    """Returns the status and the name of the error, "" where nothing failed."""
    if (row.text("status") or text_of(metadata.get("status"))).lower() != _FAILED:
        return 200, ""
    told = table(unwrapped(metadata.get("error_information")))
    code = integer(told.get("error_code"))
    name = text_of(told.get("error_class")) or text_of(told.get("error_message"))[:100]
    return code if code is not None and 400 <= code < 600 else 500, name or "error"


def _usage(row: Row, metadata: Mapping[str, Any], of_bodies: Usage | None) -> Usage:
    prompt, completion = (integer(row.get(f"{part}_tokens")) or 0 for part in ("prompt", "completion"))
    told = {"usage": table(unwrapped(metadata.get("usage_object")))}
    reader = input_usage if "input_tokens" in told["usage"] else prompt_usage
    for found in (of_bodies, reader(told) if told["usage"] else None):
        if found is not None and (found.prompt_tokens, found.completion_tokens) == (prompt, completion):
            return found
    more = table(unwrapped(metadata.get("additional_usage_values")))
    read, write = (integer(more.get(f"cache_{what}_input_tokens")) or 0 for what in ("read", "creation"))
    is_within = read + write <= prompt
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cache_read_tokens=read if is_within else 0,
        cache_write_tokens=write if is_within else 0,
    )
