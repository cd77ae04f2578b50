"""Which of the values that were logged are what: for each kind of step, the names in all conventions."""

from collections.abc import Callable
from typing import Any, TypeVar

from helicone_site.numbers import number
from ingest_app.events import SpanKind
from requests_app.conversation.custom.hits import hits_in, hits_in_events
from requests_app.conversation.custom.logged import Given, Logged, shown, whole
from requests_app.conversation.reading import first, mapping, text, unwrapped, word
from requests_app.conversation.step import (
    Data,
    DatabaseQuery,
    HttpCall,
    Search,
    Step,
    ToolCall,
    Vector,
)

AnyStep = TypeVar("AnyStep", bound=Step)

VECTOR_HEAD = 6
_INPUTS = ("input.value", "traceloop.entity.input", "langfuse.observation.input", "gen_ai.prompt")
_OUTPUTS = ("output.value", "traceloop.entity.output", "langfuse.observation.output", "gen_ai.completion")
_MIME_TYPES = ("input.mime_type", "output.mime_type")


def read_tool(logged: Logged) -> ToolCall:
    asked, answered = logged.asked, logged.answered
    names = ("toolName", "gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name")
    name = word(asked.take(*names)) or logged.name.removeprefix("execute_tool ")
    answered.take("toolName")
    given = asked.take(
        "input",
        "gen_ai.tool.call.arguments",
        "ai.toolCall.args",
        "tool_arguments",
        "tool.parameters",
        *_INPUTS,
    )
    output = answered.take(
        "output", "gen_ai.tool.call.result", "ai.toolCall.result", "tool_response", *_OUTPUTS
    )
    asked.take(*_MIME_TYPES)
    step = ToolCall(
        description=text(asked.take("gen_ai.tool.description", "tool.description")),
        id=word(asked.take("gen_ai.tool.call.id", "ai.toolCall.id", "tool_call.id")),
        input=_or_all(given, asked, logged),
        output=_or_all(output, answered, logged),
    )
    return _completed(step, logged, name)


def read_search(logged: Logged) -> Search:
    asked, answered = logged.asked, logged.answered
    names = ("db.query.text", "db.statement", "gen_ai.retrieval.query.text", "gen_ai.retrieval.query")
    query = unwrapped(asked.take("text", "query", *names, "retrieval.query", "reranker.query", *_INPUTS))
    vector = asked.take("vector", "embedding") or mapping(query).get("vector") or _vector_of(logged)
    step = Search(
        operation=word(asked.take("operation", "db.operation.name", "db.operation")),
        system=word(asked.take("db.system.name", "db.system", "vector_db.vendor", "db.vendor")),
        collection=text(
            asked.take(
                "databaseName", "db.collection.name", "gen_ai.data_source.id", "db.namespace", "db.name"
            )
            or asked.take_ending("collection_name", "index_name", "collection", "namespace", "index")
        ),
        query=shown(first(mapping(query), "query", "text", "question", "input") or query),
        vector=_vector(vector),
        top_k=text(
            asked.take("topK", "top_k") or asked.take_ending("top_k", "topK", "n_results", "limit", "k")
        ),
        filters=_filters(asked.take_ending("filter", "filters", "where", "expr", "expression")),
        threshold=text(answered.take("similarityThreshold") or asked.take_ending("score_threshold")),
        similarity=text(answered.take("actualSimilarity")),
        hits=hits_in_events(logged.events),
    )
    answered.take(*_MIME_TYPES)
    _read_found(step, answered, logged)
    return _completed(step, logged, logged.name)


def _read_found(step: Search, answered: Given, logged: Logged) -> None:
    """Put what the search found into `step`: as hits where it has their form, else as it came."""
    kept = ("retrieval.documents", "gen_ai.retrieval.documents", "reranker.output_documents")
    listed = answered.take(*kept)
    value = answered.take("output", "result", "results", "matches", "hits", "documents", *_OUTPUTS)
    step.hits = hits_in(listed) or hits_in(value) or step.hits
    if not step.hits and not logged.is_span:
        metadata = answered.take("metadata", "data")
        step.hits = hits_in(metadata)
        value = metadata if value is None and not step.hits else value
    if not step.hits:
        step.output = _or_all(listed or value, answered, logged)


def read_database(logged: Logged) -> DatabaseQuery:
    asked = logged.asked
    asked.take(*_MIME_TYPES)
    listed = ("db.statement.parameters", "db.query.parameters", "parameters", "db.query.parameter")
    parameters = asked.take(*listed)
    indexed = asked.take_beginning("db.query.parameter.")
    rows = (
        "db.response.returned_rows",
        "db.rows_affected",
        "db.row_count",
        "db.result.row_count",
        "rows",
        "row_count",
    )
    address = text(asked.take("server.address", "net.peer.name", "net.sock.peer.addr"))
    port = text(asked.take("server.port", "net.peer.port"))
    step = DatabaseQuery(
        system=word(asked.take("db.system.name", "db.system")),
        database=text(asked.take("db.namespace", "db.name", "database")),
        collection=text(asked.take("db.collection.name", "db.sql.table", "db.mongodb.collection")),
        operation=word(asked.take("db.operation.name", "db.operation", "operation")),
        statement=text(
            asked.take(
                "db.query.text", "db.statement", "statement", "sql", "query", "db.query.summary", *_INPUTS
            )
        ),
        parameters=shown(parameters) if parameters is not None else text(indexed) if indexed else "",
        rows=whole(logged.answered.take(*rows)),
        server=f"{address}:{port}" if address and port else address,
        output=_or_all(logged.answered.take("output", "result", *_OUTPUTS), logged.answered, logged),
    )
    return _completed(step, logged, logged.name)


def read_http(logged: Logged) -> HttpCall:
    asked, answered = logged.asked, logged.answered
    asked.take(*_MIME_TYPES)
    url = text(asked.take("url.full", "http.url", "url"))
    step = HttpCall(
        method=word(asked.take("http.request.method", "http.method", "method")),
        url=url or _put_together(asked),
        status_code=whole(answered.take("http.response.status_code", "http.status_code", "status_code")),
        request_bytes=whole(
            asked.take("http.request.body.size", "http.request.size", "http.request_content_length")
        ),
        response_bytes=whole(
            answered.take("http.response.body.size", "http.response.size", "http.response_content_length")
        ),
        request_headers=_headers(asked.take_beginning("http.request.header.")),
        response_headers=_headers(answered.take_beginning("http.response.header.")),
        input=shown(asked.take("http.request.body", "input", *_INPUTS)),
        output=_or_all(answered.take("http.response.body", "output", *_OUTPUTS), answered, logged),
    )
    return _completed(step, logged, logged.name)


def read_data(logged: Logged) -> Data:
    asked, answered = logged.asked, logged.answered
    name = text(asked.take("name")) if not logged.is_span else ""
    if not logged.is_span:
        answered.take("name")
    asked.take(*_MIME_TYPES)
    step = Data(
        input=_or_all(asked.take("input", *_INPUTS), asked, logged),
        output=_or_all(answered.take("output", *_OUTPUTS), answered, logged),
    )
    return _completed(step, logged, name or logged.name)


READERS: dict[SpanKind, Callable[[Logged], Step]] = {
    SpanKind.TOOL: read_tool,
    SpanKind.VECTOR_SEARCH: read_search,
    SpanKind.DATABASE: read_database,
    SpanKind.HTTP: read_http,
    SpanKind.AGENT: read_data,
    SpanKind.DATA: read_data,
}


def _completed(step: AnyStep, logged: Logged, name: str) -> AnyStep:
    """Returns `step` with what every step has. To be called last: what nobody took becomes its details."""
    step.name, step.status, step.error, step.stack = name, logged.status, logged.error, logged.stack
    step.details = logged.left_over()
    return step


def _or_all(value: Any, given: Given, logged: Logged) -> str:
    """Returns `value` to be read; where a logger has no name for it, all that was given is what is meant."""
    if value is not None:
        return shown(value)
    return "" if logged.is_span else given.take_all()


def _filters(value: Any) -> str:
    # Tracers write what was not given as the text of their language's nothing.
    return "" if value in ("None", "null", "{}", {}, []) else shown(value)


def _vector(value: Any) -> Vector | None:
    numbers = unwrapped(value)
    while isinstance(numbers, list) and numbers and isinstance(numbers[0], list):
        numbers = numbers[0]
    if not isinstance(numbers, list) or not numbers:
        return None
    head = [found for item in numbers[:VECTOR_HEAD] if (found := number(item)) is not None]
    return Vector(len(numbers), head) if head else None


def _vector_of(logged: Logged) -> Any:
    """Returns the vector that a tracer noted as an event of the span."""
    for event in logged.events:
        for name, value in event.items():
            if "result" not in event["event"] and name.rpartition(".")[2] == "vector":
                return value
    return None


def _put_together(asked: Given) -> str:
    scheme = text(asked.take("url.scheme", "http.scheme")) or "http"
    host = text(asked.take("http.host", "server.address", "net.peer.name", "net.host.name"))
    path = text(asked.take("http.target", "url.path", "http.route"))
    return f"{scheme}://{host}{path}" if host else path


def _headers(given: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(map(text, value)) if isinstance(value, list) else text(value))
        for name, value in given.items()
    ]
