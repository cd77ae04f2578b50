"""What a step of a run was that is no call of a model."""

from dataclasses import dataclass, field
from typing import ClassVar

from ingest_app.events import SpanKind


@dataclass(slots=True, kw_only=True)
class Step:
    """What every step has. Texts are empty where nothing was logged; JSON is laid out.

    `status` is what the client called it, `output` what came back, `details` the JSON of all that has no place of
    its own.
    """

    kind: ClassVar[SpanKind]

    name: str = ""
    status: str = ""
    error: str = ""
    stack: str = ""
    output: str = ""
    details: str = ""


@dataclass(slots=True, kw_only=True)
class ToolCall(Step):
    kind = SpanKind.TOOL

    description: str = ""
    id: str = ""
    input: str = ""


@dataclass(slots=True)
class Vector:
    """A vector by its length and first numbers."""

    length: int
    head: list[float]

    @property
    def is_cut(self) -> bool:
        """Returns whether it has more numbers than `head`."""
        return len(self.head) < self.length


@dataclass(slots=True)
class Hit:
    """One thing that a search found. `measure` says what the score is: a score (more is nearer) or a distance."""

    id: str = ""
    score: float | None = None
    measure: str = "score"
    text: str = ""
    metadata: str = ""


@dataclass(slots=True, kw_only=True)
class Search(Step):
    """A search by meaning, or another operation on the same kind of database. `filters` is JSON."""

    kind = SpanKind.VECTOR_SEARCH

    operation: str = ""
    system: str = ""
    collection: str = ""
    query: str = ""
    vector: Vector | None = None
    top_k: str = ""
    filters: str = ""
    threshold: str = ""
    similarity: str = ""
    hits: list[Hit] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DatabaseQuery(Step):
    kind = SpanKind.DATABASE

    system: str = ""
    database: str = ""
    collection: str = ""
    operation: str = ""
    statement: str = ""
    parameters: str = ""
    rows: int | None = None
    server: str = ""


@dataclass(slots=True, kw_only=True)
class HttpCall(Step):
    kind = SpanKind.HTTP

    method: str = ""
    url: str = ""
    status_code: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    request_headers: list[tuple[str, str]] = field(default_factory=list)
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    input: str = ""


@dataclass(slots=True, kw_only=True)
class Data(Step):
    """Anything else: a piece of the program, or data that was worth logging."""

    kind = SpanKind.DATA

    input: str = ""
