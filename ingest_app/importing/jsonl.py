"""JSON lines in OpenAI's forms: batches, stored completions, lines for fine-tuning, and pairs of request and answer.

A batch is two files, what was asked and what was answered, joined by `custom_id`: give both.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import msgspec

from helicone_site.numbers import number
from ingest_app.dialects import Json, table, text_of
from ingest_app.dialects.shapes import dialect_by_shape
from ingest_app.doors.otlp.providers import CUSTOM, provider_of_model
from ingest_app.events import LogEvent
from ingest_app.importing.index import Index
from ingest_app.importing.making import draft, finished
from ingest_app.importing.origins import Context, Origin
from ingest_app.importing.report import Skipped
from ingest_app.importing.row import Row
from ingest_app.importing.values import integer, nanodollars, properties_of, time_us

SOURCE = "jsonl"
_CHAT = "/v1/chat/completions"
_PATHS = {
    "openai-chat": _CHAT,
    "openai-completions": "/v1/completions",
    "openai-embeddings": "/v1/embeddings",
    "openai-responses": "/v1/responses",
    "anthropic-messages": "/v1/messages",
}
_TIMES = ("created_at", "created", "timestamp", "time", "start_time", "startTime")
_ASKED = "asked"
_ASSISTANT = "assistant"
_COMPLETION = "chat.completion"
_KNOWN_BESIDE = (
    "object", "choices", "usage", "model", "messages", "tools", "parallel_tool_calls", "functions", "id", "custom_id",
    "error", "system_fingerprint", "service_tier", "response_format", "seed", "temperature", "top_p", "tool_choice",
    "max_tokens", "n", "presence_penalty", "frequency_penalty", "input_user", "request_id", "prompt_template", "weight",
)  # fmt: skip


class JsonLines:
    """Translates them. `dates` is the time of lines that tell none."""

    def __init__(self, context: Context, index: Index, *, undated_us: int) -> None:
        self._context = context
        self._index = index
        self._undated_us = undated_us

    def look_through(self, origin: Origin) -> None:
        """Note what batches asked. Raises Unusable, OSError."""
        for found in origin.found(None):
            row = found.row
            if row is not None and _is_asked(row):
                self._index.keep(_ASKED, row.text("custom_id"), row.everything())

    def prepare(self, rows: Sequence[Row]) -> None:
        """There is nothing to fetch."""

    def events(self, row: Row, at: str) -> Iterable[LogEvent]:
        if _is_asked(row):
            return ()  # its answer brings it
        if "custom_id" in row and "response" in row:
            return [self._batched(row)]
        if "request" in row and ("response" in row or "error" in row):
            return [self._pair(row)]
        if row.text("object") == _COMPLETION or "choices" in row:
            return [self._stored(row)]
        if isinstance(row.get("messages"), list):
            return [self._line(row, at)]
        raise Skipped("it is in none of the forms that are read")

    def _batched(self, row: Row) -> LogEvent:
        answer = row.object("response")
        asked = Row(msgspec.json.decode(self._index.get(_ASKED, row.text("custom_id")) or b"{}"))
        if "body" not in asked:
            self._context.report.lose("requests of a batch: give the file with what was asked, too")
        row.ignore("id")
        status = integer(answer.get("status_code"))
        failed = table(row.get("error"))
        return self._made(
            row,
            original_id=row.text("id") or text_of(answer.get("request_id")) or row.text("custom_id"),
            request_id=text_of(answer.get("request_id")) or row.text("id"),
            path=asked.text("url") or _path_of(table(answer.get("body"))),
            request=asked.json("body"),
            response=_encoded(answer.get("body") or ({"error": failed} if failed else None)),
            status=status or (500 if failed else 200),
            error=text_of(failed.get("code")),
            properties={"Batch-Custom-Id": row.text("custom_id")},
            tier="batch",
        )

    def _pair(self, row: Row) -> LogEvent:
        asked, answer = row.object("request"), row.object("response")
        request, response = row.json("request"), row.json("response")
        path = row.text("path", "endpoint", "url") or text_of(asked.get("url")) or _path_of(answer)
        if isinstance(asked.get("body"), dict):  # as HTTP has it
            request = _encoded(asked["body"])
        if isinstance(answer.get("body"), dict):
            response = _encoded(answer["body"])
        status = integer(row.get("status", "status_code")) or integer(answer.get("status_code"))
        failed = row.get("error")
        if not response and failed is not None:
            response = _encoded({"error": failed})
        return self._made(
            row,
            original_id=row.text("id", "request_id") or text_of(answer.get("id")),
            request_id=row.text("request_id", "id") or text_of(answer.get("id")),
            path="/" + path.partition("://")[2].partition("/")[2] if "://" in path else path,
            target_url=path if "://" in path else "",
            request=request,
            response=response,
            status=status or (500 if failed else 200),
        )

    def _stored(self, row: Row) -> LogEvent:
        members = msgspec.json.decode(row.everything())
        messages = members.pop("messages", None)
        request: dict[str, Any] = {"model": members.get("model")}
        if messages is not None:
            request["messages"] = messages
        else:
            self._context.report.lose("messages of stored completions: they are not in the file")
        for name in ("tools", "temperature", "response_format", "tool_choice"):
            if (value := members.pop(name, None)) is not None:
                request[name] = value
        members.pop("metadata", None)
        return self._made(
            row,
            original_id=row.text("id"),
            request_id=row.text("request_id", "id"),
            path=_CHAT,
            request=_encoded(request),
            response=_encoded(members),
            status=200,
        )

    def _line(self, row: Row, at: str) -> LogEvent:
        """A conversation: what the assistant said last is the answer, and what was before it was asked."""
        messages = [message for message in row.get("messages") if isinstance(message, dict)]
        last = next(
            (n for n in reversed(range(len(messages))) if messages[n].get("role") == _ASSISTANT), None
        )
        model = row.text("model")
        request: dict[str, Any] = {"model": model} if model else {}
        request["messages"] = messages if last is None else messages[:last]
        for name in ("tools", "parallel_tool_calls", "functions"):
            if (value := row.get(name)) is not None:
                request[name] = value
        answer = None
        if last is not None:
            choice = {"index": 0, "message": messages[last], "finish_reason": "stop"}
            answer = {"object": _COMPLETION, "model": model, "choices": [choice]}
        # The same conversation may stand there twice: its place tells the two apart.
        original = blake2b(row.everything() + at.rpartition(" ")[2].encode(), digest_size=16).hexdigest()
        return self._made(
            row,
            original_id=row.text("id") or original,
            request_id=row.text("id"),
            path=_CHAT,
            request=_encoded(request),
            response=_encoded(answer),
            status=200,
            place=int(number(at.rpartition(" ")[2]) or 0),
        )

    def _made(
        self,
        row: Row,
        *,
        original_id: str,
        request_id: str,
        path: str,
        request: bytes,
        response: bytes,
        status: int,
        target_url: str = "",
        error: str = "",
        properties: dict[str, str] | None = None,
        tier: str = "",
        place: int = 0,
    ) -> LogEvent:
        model = _model_of(request) or _model_of(response) or row.text("model")
        if not -999 <= status <= 999:
            raise Skipped("its status is none of HTTP")
        metadata = row.object("metadata", "properties")
        drafted = draft(
            source=SOURCE,
            organization_id=self._context.organization_id,
            original_id=original_id or blake2b(row.everything(), digest_size=16).hexdigest(),
            at_us=self._time(row, response, place),
            request_id=request_id,
            provider=row.text("provider").lower()
            or self._context.provider
            or provider_of_model(model)
            or CUSTOM,
            path=path,
            target_url=target_url,
            status=status,
            latency_ms=integer(row.get("latency_ms", "duration_ms")) or 0,
            user_id=row.text("user", "user_id"),
            session_id=row.text("session_id"),
            session_name=row.text("session_name"),
            session_path=row.text("session_path"),
            properties=properties_of({**metadata, **(properties or {})}),
            request_body=request,
            response_body=response,
        )
        usage = drafted.facts.usage
        if usage is not None and tier and not usage.tier:
            usage = msgspec.structs.replace(usage, tier=tier)
        first_token_ms = integer(row.get("time_to_first_token_ms"))
        event = finished(
            drafted,
            usage=usage,
            cost_nanodollars=nanodollars(row.get("cost_usd", "cost")),
            request_model="" if _model_of(request) else model,
            time_to_first_token_ms=first_token_ms,
            error=error,
        )
        row.ignore(*_KNOWN_BESIDE)
        for name in row.left():
            self._context.report.lose(name)
        return event

    def _time(self, row: Row, response: bytes, place: int) -> int:
        """Returns when it was: as the line tells, or the answer; else one after the other, at the file's own time."""
        answered = None
        with suppress(msgspec.DecodeError):
            answered = table(msgspec.json.decode(response or b"null"))
        for given in (row.get(*_TIMES), (answered or {}).get("created"), (answered or {}).get("created_at")):
            if (at_us := time_us(given, now_us=self._context.now_us)) is not None:
                return at_us
        self._context.report.remark("no time is told: they are at the time of the file")
        return self._undated_us + place * 1000


def _path_of(answer: Json) -> str:
    """Returns where such an answer comes from, as its looks tell; "" where they do not."""
    dialect = dialect_by_shape(answer)
    return _PATHS.get(dialect.name, "") if dialect is not None else ""


def _is_asked(row: Row) -> bool:
    return "custom_id" in row and "body" in row and "response" not in row


def _model_of(body: bytes) -> str:
    with suppress(msgspec.DecodeError):
        return text_of(table(msgspec.json.decode(body or b"null")).get("model"))
    return ""


def _encoded(value: Any) -> bytes:
    return b"" if value is None else msgspec.json.encode(value)
