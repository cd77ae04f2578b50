"""What kind of step a span is."""

from collections.abc import Mapping

from ingest_app.doors.otlp.names import first_text
from ingest_app.doors.otlp.spans import Attributes
from ingest_app.events import SpanKind

_OPERATION = "gen_ai.operation.name"
_MODEL_NAMES = (
    "gen_ai.request.model",
    "gen_ai.response.model",
    "llm.model_name",
    "llm.request.model",
    "langfuse.observation.model.name",
    "embedding.model_name",
)
_AGENT_NAMES = (
    "gen_ai.agent.name",
    "agent_name",
    "agent.name",
    "pydantic_ai.all_messages",
    "all_messages_events",
)
_TOOL_NAMES = ("gen_ai.tool.name", "tool.name", "ai.toolCall.name")
_DATABASE_NAMES = ("db.system.name", "db.system")
_QUERY_NAMES = ("db.query.text", "db.statement", "db.operation.name", "db.operation")
_HTTP_NAMES = ("http.request.method", "http.method", "http.route", "http.url", "url.full")

# Attributes that say the kind, and what their values (in lower case) mean. Others say nothing, and the next is asked.
_SAID: tuple[tuple[str, Mapping[str, SpanKind]], ...] = (
    (
        "openinference.span.kind",
        {
            "llm": SpanKind.MODEL,
            "embedding": SpanKind.MODEL,
            "reranker": SpanKind.MODEL,
            "tool": SpanKind.TOOL,
            "retriever": SpanKind.VECTOR_SEARCH,
            "agent": SpanKind.AGENT,
            "chain": SpanKind.AGENT,
            "guardrail": SpanKind.DATA,
            "evaluator": SpanKind.DATA,
            "prompt": SpanKind.DATA,
        },
    ),
    (
        "langfuse.observation.type",
        {
            "generation": SpanKind.MODEL,
            "embedding": SpanKind.MODEL,
            "tool": SpanKind.TOOL,
            "retriever": SpanKind.VECTOR_SEARCH,
            "agent": SpanKind.AGENT,
            "chain": SpanKind.AGENT,
            "evaluator": SpanKind.DATA,
            "guardrail": SpanKind.DATA,
            "event": SpanKind.DATA,
        },
    ),
    (
        "langsmith.span.kind",
        {
            "llm": SpanKind.MODEL,
            "embedding": SpanKind.MODEL,
            "tool": SpanKind.TOOL,
            "retriever": SpanKind.VECTOR_SEARCH,
            "chain": SpanKind.AGENT,
            "prompt": SpanKind.DATA,
            "parser": SpanKind.DATA,
        },
    ),
    (
        _OPERATION,
        {
            "chat": SpanKind.MODEL,
            "completion": SpanKind.MODEL,
            "text_completion": SpanKind.MODEL,
            "generate_content": SpanKind.MODEL,
            "embeddings": SpanKind.MODEL,
            "embedding": SpanKind.MODEL,
            "rerank": SpanKind.MODEL,
            "image": SpanKind.MODEL,
            "audio": SpanKind.MODEL,
            "execute_tool": SpanKind.TOOL,
            "retrieval": SpanKind.VECTOR_SEARCH,
            "vectordb": SpanKind.VECTOR_SEARCH,
            "create_agent": SpanKind.AGENT,
            "invoke_agent": SpanKind.AGENT,
            "invoke_workflow": SpanKind.AGENT,
            "agent": SpanKind.AGENT,
        },
    ),
    (
        "traceloop.span.kind",
        {
            "workflow": SpanKind.AGENT,
            "agent": SpanKind.AGENT,
            "tool": SpanKind.TOOL,
            "task": SpanKind.DATA,
        },
    ),
    (
        "llm.request.type",
        {
            "chat": SpanKind.MODEL,
            "completion": SpanKind.MODEL,
            "embedding": SpanKind.MODEL,
            "rerank": SpanKind.MODEL,
        },
    ),
)
# The Vercel AI SDK: each function is a span, and each call of a model that it makes another one within.
_VERCEL_CALLS = (".doGenerate", ".doStream", ".doEmbed", ".doRerank")
_VECTOR_DATABASES = frozenset(
    (
        "chroma",
        "chromadb",
        "lancedb",
        "marqo",
        "milvus",
        "pinecone",
        "qdrant",
        "turbopuffer",
        "vespa",
        "weaviate",
    )
)
_VECTOR_PREFIXES = (
    *(f"{prefix}{name}." for name in sorted(_VECTOR_DATABASES) for prefix in ("", "db.")),
    "db.vector.",
    "vector_db.",
)


def kind_of(attributes: Attributes) -> SpanKind:
    """Returns the kind of the span with these attributes."""
    vercel = attributes.get("ai.operationId")
    if isinstance(vercel, str):
        return _vercel_kind(vercel)
    for name, meanings in _SAID:
        said = attributes.get(name)
        if isinstance(said, str) and (kind := meanings.get(said.lower())) is not None:
            return kind
    if _has(attributes, _TOOL_NAMES):
        return SpanKind.TOOL
    # Before models: a run of an agent tells its model, and the tokens of all its calls together.
    if _has(attributes, _AGENT_NAMES):
        return SpanKind.AGENT
    if _has(attributes, _MODEL_NAMES):
        return SpanKind.MODEL
    return _kind_of_service(attributes)


def _vercel_kind(operation: str) -> SpanKind:
    if operation.endswith(_VERCEL_CALLS):
        return SpanKind.MODEL
    return SpanKind.TOOL if operation == "ai.toolCall" else SpanKind.AGENT


def _kind_of_service(attributes: Attributes) -> SpanKind:
    if first_text(attributes, _DATABASE_NAMES).lower() in _VECTOR_DATABASES:
        return SpanKind.VECTOR_SEARCH
    if any(name.startswith(_VECTOR_PREFIXES) for name in attributes):
        return SpanKind.VECTOR_SEARCH
    if _has(attributes, _DATABASE_NAMES) or _has(attributes, _QUERY_NAMES):
        return SpanKind.DATABASE
    return SpanKind.HTTP if _has(attributes, _HTTP_NAMES) else SpanKind.DATA


def _has(attributes: Attributes, names: tuple[str, ...]) -> bool:
    return any(name in attributes for name in names)
