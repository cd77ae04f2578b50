"""Langfuse's traces, observations and scores: rows of its exports to blob storage, of its API, or of its pages.

Their three tables say different things of one call, so all are looked through first: what traces say (user, session,
tags), how they are rated, and what observation is the root of each, is kept in an index. Then each observation is one
request: generations and embeddings are calls of a model, all others steps. Names are those of the exports
(`trace_id`) and of the API (`traceId`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from helicone_site.numbers import number
from ingest_app.dialects import table, text_of
from ingest_app.doors.otlp.providers import CUSTOM, provider_named, provider_of_model
from ingest_app.doors.otlp.usage import usage_of
from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.importing.langfuse_bodies import call_bodies, step_bodies
from ingest_app.importing.langfuse_lookup import (
    INSTRUMENTATION,
    Lookup,
    Rating,
    Trace,
    is_observation,
    is_score,
    is_trace,
    metadata_of,
    plain_properties,
    rows_of,
    tags_of,
    trace_of,
)
from ingest_app.importing.making import draft, finished
from ingest_app.importing.origins import Context, Found, Origin, Position
from ingest_app.importing.report import Skipped
from ingest_app.importing.row import Row
from ingest_app.importing.values import (
    between_ms,
    boolean,
    integer,
    nanodollars,
    properties_of,
    time_us,
)

SOURCE = "langfuse"
_KINDS = {
    "GENERATION": SpanKind.MODEL,
    "EMBEDDING": SpanKind.MODEL,
    "TOOL": SpanKind.TOOL,
    "RETRIEVER": SpanKind.VECTOR_SEARCH,
    "AGENT": SpanKind.AGENT,
    "CHAIN": SpanKind.AGENT,
}
_PATHS = {"GENERATION": "/v1/chat/completions", "EMBEDDING": "/v1/embeddings"}
_REPEATED = (
    "project_id", "projectId", "created_at", "createdAt", "updated_at", "updatedAt", "latency", "time_to_first_token",
    "timeToFirstToken", "model_id", "modelId", "internalModelId", "internal_model_id", "prompt_id", "promptId",
    "tool_calls", "toolCalls", "tool_call_names", "toolCallNames", "tool_definitions", "toolDefinitions",
    "usage_pricing_tier_id", "usagePricingTierId", "usage_pricing_tier_name", "usagePricingTierName", "input_price",
    "inputPrice", "output_price", "outputPrice", "total_price", "totalPrice", "unit", "promptTokens",
    "completionTokens", "totalTokens", "calculatedInputCost", "calculatedOutputCost", "inputUsage", "outputUsage",
    "totalUsage", "inputCost", "outputCost", "providedUsageDetails", "providedCostDetails", "provided_usage_details",
    "provided_cost_details", "provided_model_name", "traceTimestamp", "modelParameters", "trace_name", "traceName",
    "user_id", "userId", "session_id", "sessionId", "tags", "traceTags", "bookmarked", "public",
)  # fmt: skip


class Joined:
    """An origin that is looked through before anything of it is translated."""

    def __init__(self, origin: Origin, lookup: Lookup) -> None:
        self._origin = origin
        self._lookup = lookup

    def found(self, start: Position | None) -> Iterator[Found]:
        for found in self._origin.found(None):
            if found.row is not None:
                for row in rows_of(found.row):
                    self._lookup.look_at(row)
        yield from self._origin.found(start)

    def share(self) -> float:
        return self._origin.share()

    def done(self) -> None:
        self._origin.done()


class Observations:
    """Translates them."""

    def __init__(self, context: Context, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    def prepare(self, rows: Sequence[Row]) -> None:
        """There is nothing to fetch."""

    def events(self, row: Row, at: str) -> Iterable[LogEvent]:
        for one in rows_of(row):
            try:
                yield from self._events(one)
            except Skipped as reason:  # the others of its trace are there all the same
                self._context.report.skip(at, str(reason))

    def _events(self, row: Row) -> Iterator[LogEvent]:
        if is_score(row):
            self._tell_score(row)
        elif is_observation(row):
            yield self._observation(row)
        elif is_trace(row):
            yield from self._trace_alone(row)
        else:
            raise Skipped("it is neither a trace, an observation nor a score")

    def _observation(self, row: Row) -> LogEvent:
        start_us, end_us, first_us = (
            time_us(row.get(*names), now_us=self._context.now_us)
            for names in (
                ("start_time", "startTime"),
                ("end_time", "endTime"),
                ("completion_start_time", "completionStartTime"),
            )
        )
        id, trace_id = row.text("id"), row.text("trace_id", "traceId")
        if start_us is None or not id:
            raise Skipped("its id or its start is missing, or no time of a call")
        kind = self._kind(row, id)
        name = row.text("name")
        trace = self._trace_of(row, trace_id)
        rating = self._lookup.rating(f"observation {id}")
        parent_id = row.text("parent_observation_id", "parentObservationId")
        if not parent_id and self._lookup.is_root(trace_id, start_us=start_us, id=id):
            rating = _with_own(self._lookup.rating(f"trace {trace_id}"), rating)
        model = row.text("provided_model_name", "providedModelName", "model")
        is_call = kind is SpanKind.MODEL
        request, response = call_bodies(row, model) if is_call else step_bodies(row, kind, name)
        metadata = self._metadata(row)
        drafted = draft(
            source=SOURCE,
            organization_id=self._context.organization_id,
            original_id=f"{trace_id} {id}",
            at_us=start_us,
            request_id=id,
            provider=self._provider(metadata, model) if is_call else CUSTOM,
            path=_PATHS.get(row.text("type").upper(), ""),
            status=_status(row),
            error=_error(row),
            latency_ms=between_ms(start_us, end_us) or 0,
            is_stream=first_us is not None,
            user_id=trace.user_id,
            session_id=trace.session_id or trace_id,
            session_name=trace.name or name,
            properties=properties_of(
                {**trace.properties, **metadata, **plain_properties(row), **rating.words}
            ),
            kind=kind,
            span_name=name,
            sent_model="" if is_call else _step_model(kind, name),
            trace_id=trace_id,
            span_id=id,
            parent_span_id=parent_id,
            request_body=request,
            response_body=response,
            scores=rating.numbers,
        )
        event = finished(
            drafted,
            usage=self._usage(row, drafted) if is_call else None,
            cost_nanodollars=_cost(row) if is_call else None,
            request_model=model if is_call else "",
            time_to_first_token_ms=between_ms(start_us, first_us) if first_us is not None else None,
            error=_error(row),
        )
        self._tell_lost(row)
        return event

    def _trace_alone(self, row: Row) -> Iterator[LogEvent]:
        """A trace in which nothing was observed is a step of its own; else its observations say all."""
        id = row.text("id")
        if self._lookup.has_observations(id):
            for name in ("input", "output"):
                if row.get(name) is not None:
                    self._context.report.remark(f"{name} of a trace: its observations have theirs")
            return
        at_us = time_us(row.get("timestamp"), now_us=self._context.now_us)
        if at_us is None:
            raise Skipped("its timestamp is missing, or no time of a call")
        trace, rating = trace_of(row), self._lookup.rating(f"trace {id}")
        request, response = step_bodies(row, SpanKind.AGENT, trace.name)
        drafted = draft(
            source=SOURCE,
            organization_id=self._context.organization_id,
            original_id=f"trace {id}",
            at_us=at_us,
            request_id=id,
            provider=CUSTOM,
            path="",
            status=200,
            latency_ms=round((number(row.get("latency")) or 0) * 1000),
            user_id=trace.user_id,
            session_id=trace.session_id or id,
            session_name=trace.name,
            properties={**trace.properties, **properties_of(rating.words)},
            kind=SpanKind.AGENT,
            span_name=trace.name,
            sent_model=_step_model(SpanKind.AGENT, trace.name),
            trace_id=id,
            request_body=request,
            response_body=response,
            scores=rating.numbers,
        )
        yield finished(drafted, usage=None, cost_nanodollars=None)

    def _provider(self, metadata: dict[str, Any], model: str) -> str:
        """Returns whose model it was, as LangChain tells it in the metadata, or else the name of the model."""
        told = text_of(metadata.get("ls_provider")) or text_of(metadata.get("provider"))
        return provider_named(told) or self._context.provider or provider_of_model(model) or CUSTOM

    def _kind(self, row: Row, id: str) -> SpanKind:
        """A span is a run where something is within it, else some work."""
        known = _KINDS.get(row.text("type").upper())
        if known is not None:
            return known
        return SpanKind.AGENT if self._lookup.is_parent(id) else SpanKind.DATA

    def _trace_of(self, row: Row, id: str) -> Trace:
        """Returns what is known of the row's trace: from the row itself, where it has that, or from the trace."""
        trace = self._lookup.trace(id)
        own = Trace(
            row.text("trace_name", "traceName"),
            row.text("user_id", "userId"),
            row.text("session_id", "sessionId"),
            {"Tags": tags} if (tags := tags_of(row.list("tags", "traceTags"))) else {},
        )
        return Trace(
            own.name or trace.name,
            own.user_id or trace.user_id,
            own.session_id or trace.session_id,
            {**trace.properties, **own.properties},
        )

    def _metadata(self, row: Row) -> dict[str, Any]:
        metadata = metadata_of(row)
        if INSTRUMENTATION & metadata.keys():
            self._context.report.lose("metadata of OpenTelemetry's instrumentation")
        return {name: value for name, value in metadata.items() if name not in INSTRUMENTATION}

    def _usage(self, row: Row, drafted: Any) -> Usage | None:
        details = row.object("usage_details", "usageDetails")
        older = row.object("usage")
        if not details and older:
            unit = text_of(older.get("unit"))
            if unit not in ("", "TOKENS"):
                self._context.report.lose(f"usage in {unit.lower()}")
                return None
            details = {name: older.get(name) for name in ("input", "output")}
        elif not details:  # files of its pages
            details = {
                "input": row.get("inputUsage", "inputTokens", "promptTokens"),
                "output": row.get("outputUsage", "outputTokens", "completionTokens"),
            }
        counts = {
            name: count for name, value in details.items() if name != "total" and (count := integer(value))
        }
        found = (
            usage_of({"langfuse.observation.usage_details": counts}, drafted.event.provider)
            if counts
            else None
        )
        return found or drafted.facts.usage

    def _tell_score(self, row: Row) -> None:
        lose = self._context.report.lose
        observation_id, trace_id = (
            row.text("observation_id", "observationId"),
            row.text("trace_id", "traceId"),
        )
        if not (observation_id or trace_id):
            lose("scores of sessions and of experiments")
        elif not observation_id and not self._lookup.bears_scores(trace_id):
            lose("scores of traces that are not there")
        if row.text("comment"):
            lose("comments on scores")

    def _tell_lost(self, row: Row) -> None:
        for name in ("bookmarked", "public"):
            if boolean(row.get(name)):
                self._context.report.lose(f"{name} (a mark of Langfuse's pages)")
        row.ignore(*_REPEATED)
        for name in row.left():
            self._context.report.lose(name)


def _status(row: Row) -> int:
    return 500 if row.text("level").upper() == "ERROR" else 200


def _error(row: Row) -> str:
    return (row.text("status_message", "statusMessage") or "error")[:100] if _status(row) >= 400 else ""


def _with_own(of_trace: Rating, own: Rating) -> Rating:
    return Rating({**of_trace.numbers, **own.numbers}, {**of_trace.words, **own.words})


def _cost(row: Row) -> int | None:
    details = table(row.object("cost_details", "costDetails"))
    told = [details.get("total"), row.get("total_cost", "totalCost", "calculatedTotalCost")]
    for given in told:
        if (cost := nanodollars(given)) is not None and (cost or details):
            return cost
    parts = [nanodollars(value) for name, value in details.items() if name != "total"]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _step_model(kind: SpanKind, name: str) -> str:
    return f"{kind.value}:{name}" if name else kind.value
