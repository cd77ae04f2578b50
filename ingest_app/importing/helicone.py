"""Rows as Helicone's API and its export tool write them (contract 4.3), and as `helicone-export` does."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import msgspec

from helicone_site.numbers import number
from ingest_app.doors.manual.body import Fields, fields, value
from ingest_app.doors.manual.event import step_of
from ingest_app.doors.otlp.providers import CUSTOM, provider_of_model
from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.importing.links import BodyLinks
from ingest_app.importing.making import REFERRER, draft, finished
from ingest_app.importing.origins import Context
from ingest_app.importing.ours import is_ours, our_event
from ingest_app.importing.report import Skipped
from ingest_app.importing.row import Row
from ingest_app.importing.values import (
    between_ms,
    boolean,
    integer,
    nanodollars,
    properties_of,
    score,
    time_us,
    without_apostrophe,
)
from ingest_app.provider_names import our_name

SOURCE = "helicone"
FEEDBACK_SCORE = "helicone-score-feedback"
# What is a column here.
_SESSION_PROPERTIES = ("Helicone-Session-Id", "Helicone-Session-Path", "Helicone-Session-Name")
_OF_PROPERTIES = {"prompt_id": "Helicone-Prompt-Id", "prompt_version": "Helicone-Prompt-Version"}
_NO_CACHE_HIT = "00000000-0000-0000-0000-000000000000"
_CACHE_PROPERTY = "Helicone-Cache-Reference-Id"
_MORE = "more"  # what has no column of its own in a Parquet file of `helicone-export`
_STUB = b'{"helicone_message"'
_KINDS = {kind.value for kind in SpanKind}
_AI_GATEWAY = "ai-gateway"
# Helicone counts cached tokens as their makers do: Anthropic's beside the input.
_COUNT_BESIDE = frozenset(("anthropic", "bedrock"))
# What says again what other members say, or how Helicone itself keeps it.
_REPEATED = (
    "response_id", "total_tokens", "helicone_user", "properties", "signed_body_url", "storage_location", "updated_at",
    "feedback_id", "feedback_created_at", "llmSchema", "asset_urls", "costUSD", "cache_enabled", "latency", "key_name",
    "request_body_decoded", "size_bytes", "ai_gateway_body_mapping", "is_passthrough_billing", "request_feedback",
    "response_created_at", "assets", "organization_id", "helicone_org_id", "auth_hash", "prompt_name", "prompt_regex",
)  # fmt: skip


class HeliconeRows:
    """Translates them. `links` fetches bodies that a row only points to; None leaves them out."""

    def __init__(self, context: Context, links: BodyLinks | None) -> None:
        self._context = context
        self._links = links

    def prepare(self, rows: Sequence[Row]) -> None:
        if self._links is not None:
            self._links.fetch([row for row in rows if _is_elsewhere(row)])

    def events(self, row: Row, at: str) -> Iterable[LogEvent]:
        if is_ours(row):
            return [our_event(row, self._context, source=SOURCE)]
        return [self._event(row.with_members_of(_MORE))]

    def _event(self, row: Row) -> LogEvent:
        at_us = time_us(row.get("request_created_at"), now_us=self._context.now_us)
        if at_us is None:
            raise Skipped("request_created_at is missing, or no time of a request")
        bodies = self._bodies(row)
        is_kept = [not body.startswith(_STUB) for body in bodies]
        request, response = (body if kept else b"" for body, kept in zip(bodies, is_kept, strict=True))
        plain = without_apostrophe if row.is_of_csv else str
        request_id = plain(row.text("request_id", "response_id"))
        answered_us = time_us(row.get("response_created_at"), now_us=self._context.now_us)
        is_hit = row.text("cache_reference_id") not in ("", _NO_CACHE_HIT)
        asked = fields(request) or {}
        first_token_ms = integer(row.get("time_to_first_token")) or None
        drafted = draft(
            source=SOURCE,
            organization_id=self._context.organization_id,
            # Ours is unique where a client has repeated its own; the CSV has no request_id.
            original_id=row.text("helicone_id") or request_id or _digest(row),
            at_us=at_us,
            request_id=request_id,
            provider=_provider(row, self._context.provider),
            path=_path(row.text("request_path")),
            target_url=row.text("target_url"),
            referrer=_referrer(row),
            status=_status(row),
            latency_ms=integer(row.get("delay_ms", "latency")) or between_ms(at_us, answered_us) or 0,
            user_id=plain(row.text("request_user_id", "helicone_user")),
            model_override=row.text("model_override"),
            is_stream=boolean(row.get("is_stream"))
            or first_token_ms is not None
            or value(asked.get("stream")) is True,
            request_body=request,
            response_body=response,
            omit_request=not is_kept[0],
            omit_response=not is_kept[1],
            **_labels(row, is_hit=is_hit),
            **_step(row, asked, fields(response) or {}),
            **self._rated(row),
        )
        # Of steps Helicone counts what looks like tokens in what they said.
        has_tokens = drafted.event.kind is SpanKind.MODEL or "helicone_id" in row
        usage = _usage(row, drafted.facts.usage, drafted.event.provider) if has_tokens else None
        cost = nanodollars(row.get("cost", "costUSD"))
        event = finished(
            drafted,
            usage=usage,
            # A 0 where no tokens are known says nothing.
            cost_nanodollars=0 if is_hit else None if not cost and usage is None else cost,
            request_model=row.text("request_model"),
            response_model=row.text("response_model"),
            time_to_first_token_ms=first_token_ms,
            error=plain(row.text("error")),
        )
        self._tell_lost(row)
        return _under_its_model(event, plain(row.text("model")))

    def _bodies(self, row: Row) -> tuple[bytes, bytes]:
        """Returns what was sent and answered; stubs for what is nowhere to be had."""
        if row.fetched is not None:
            return row.fetched
        bodies = _body(row, "request_body"), _body(row, "response_body")
        if _is_elsewhere(row):
            self._context.report.lose(
                "bodies that are not in the file: their links have expired, or were not followed"
            )
            row.ignore("signed_body_url")
        return bodies

    def _rated(self, row: Row) -> dict[str, Any]:
        """Returns scores and feedback as LogEvent has them."""
        scores, feedback = {}, None
        for name, given in row.object("scores").items():
            rated = score(given.get("value") if isinstance(given, dict) else given)
            if rated is None:
                self._context.report.lose("scores that are no numbers")
            elif name == FEEDBACK_SCORE:
                feedback = 1 if rated else 0
            else:
                scores[name] = rated
        rating = row.get("feedback_rating")
        if isinstance(rating, bool) or rating in ("true", "false"):
            feedback = 1 if rating in (True, "true") else 0
        return {"scores": scores, "feedback": feedback}

    def _tell_lost(self, row: Row) -> None:
        lose = self._context.report.lose
        if row.list("asset_ids"):
            lose("assets: pictures that Helicone keeps beside the bodies")
        if row.text("country_code"):
            lose("country_code")
        row.ignore(*_REPEATED)
        for name in row.left():
            lose(name)


def _labels(row: Row, *, is_hit: bool) -> dict[str, Any]:
    """Returns session and properties as LogEvent has them."""
    properties = properties_of(row.object("request_properties", "properties"))
    id, path, name = (properties.pop(name, "") for name in _SESSION_PROPERTIES)
    for member, property_name in _OF_PROPERTIES.items():
        properties |= {property_name: text} if (text := row.text(member)) else {}
    if is_hit:
        properties[_CACHE_PROPERTY] = row.text("cache_reference_id")
    return {"session_id": id, "session_path": path, "session_name": name, "properties": properties}


def _step(row: Row, asked: Fields, answered: Fields) -> dict[str, Any]:
    """Returns what kind of step it is as LogEvent has it: of ours as it says, else by what was logged by hand."""
    kind = row.text("kind")
    if "helicone_id" in row and "kind" in row and kind in _KINDS:
        names = ("span_name", "trace_id", "span_id", "parent_span_id")
        return {"kind": SpanKind(kind), **{name: row.text(name) for name in names}}
    step = step_of(asked, answered)
    return {"kind": step.kind, "span_name": step.name}


def _body(row: Row, name: str) -> bytes:
    body = row.json(name)
    if row.is_of_table and body[:1] == b'"':  # a text, as JSON has it
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(body, type=str).encode("utf-8", "replace")
    return body


def _is_elsewhere(row: Row) -> bool:
    return row.fetched is None and any(
        row.json(name).startswith(_STUB) for name in ("request_body", "response_body")
    )


def _usage(row: Row, of_bodies: Usage | None, provider: str) -> Usage | None:
    """Returns the tokens of a row, by kinds that only the answer tells where the two agree."""
    prompt, completion = integer(row.get("prompt_tokens")), integer(row.get("completion_tokens"))
    if prompt is None and completion is None:
        return None if "helicone_id" in row else of_bodies
    prompt, completion = prompt or 0, completion or 0
    read, write = (integer(row.get(f"prompt_cache_{what}_tokens")) or 0 for what in ("read", "write"))
    cached = read + write
    if (
        of_bodies is not None
        and not of_bodies.is_estimated
        and of_bodies.completion_tokens == completion
        and of_bodies.prompt_tokens in (prompt, prompt + cached)
    ):
        return of_bodies
    if "helicone_id" not in row:  # ours states all input
        total = integer(row.get("total_tokens")) or 0
        is_beside = cached > prompt or provider in _COUNT_BESIDE or total == prompt + completion + cached > 0
        prompt += cached if is_beside else 0
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cache_read_tokens=read,
        cache_write_tokens=write,
        reasoning_tokens=min(integer(row.get("reasoning_tokens")) or 0, completion),
        prompt_audio_tokens=integer(row.get("prompt_audio_tokens")) or 0,
        completion_audio_tokens=integer(row.get("completion_audio_tokens")) or 0,
    )


def _provider(row: Row, otherwise: str) -> str:
    named = our_name(row.text("provider"))
    if "://" in named:  # Helicone's name of a provider that it does not know is where it was called
        return CUSTOM
    model = row.text("model", "response_model", "request_model")
    return named or otherwise or provider_of_model(model) or CUSTOM


def _under_its_model(event: LogEvent, model: str) -> LogEvent:
    """Returns the event with the name that its model has in the row, where none of its own names is that."""
    facts = event.facts
    if facts is None or not model or model in {"unknown", facts.request_model or facts.response_model}:
        return event
    return msgspec.structs.replace(event, sent_model=model)


def _status(row: Row) -> int:
    status = number(row.get("response_status", "status"))
    return round(status) if status is not None and -999 <= status <= 999 else 200


def _referrer(row: Row) -> str:
    """Returns the door that it came through, where it is one of ours."""
    named = row.text("request_referrer")
    return named if named == _AI_GATEWAY or "helicone_id" in row else REFERRER


def _path(given: str) -> str:
    """Returns the path of what may be a whole URL."""
    rest = given.partition("://")[2]
    return "/" + rest.partition("/")[2] if rest else given


def _digest(row: Row) -> str:
    return blake2b(row.everything(), digest_size=16).hexdigest()
