"""What of a step that is no call of a model goes on a page."""

from dataclasses import dataclass
from functools import cached_property

from helicone_site import formats
from requests_app.conversation.step import Data, DatabaseQuery, Hit, HttpCall, Search, Step, ToolCall
from requests_app.shown import CUT_CHARACTERS, LONG_CHARACTERS
from requests_app.sql_words import SqlPiece, sql_pieces

SHOWN_HITS = 50
LONG_HIT_CHARACTERS = 500
LINE_CHARACTERS = 200
_TEMPLATES = {
    ToolCall: "parts/step_data.html",
    Search: "parts/step_search.html",
    DatabaseQuery: "parts/step_database.html",
    HttpCall: "parts/step_http.html",
    Data: "parts/step_data.html",
}


@dataclass(frozen=True, slots=True)
class ShownText:
    """The beginning of a text; all of it is in the tab `tab` of the request."""

    label: str
    text: str
    tab: str
    characters: int

    @property
    def is_cut(self) -> bool:
        return len(self.text) < self.characters

    @property
    def is_long(self) -> bool:
        """Whether it scrolls in itself instead of pushing what follows out of sight."""
        return self.characters > LONG_CHARACTERS


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit; `percent` is its score against the best one, for a bar, None where that says nothing."""

    hit: Hit
    rank: int
    score: str
    percent: float | None
    text: str

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG_HIT_CHARACTERS


class ShownStep:
    """Made for one rendering."""

    def __init__(self, step: Step) -> None:
        self.step = step

    @property
    def template(self) -> str:
        return _TEMPLATES[type(self.step)]

    @property
    def line(self) -> str:
        """One line of what was asked."""
        step = self.step
        match step:
            case Search():
                words = step.query
            case DatabaseQuery():
                words = step.statement
            case HttpCall():
                words = f"{step.method} {step.url}"
            case _:
                words = step.input if isinstance(step, ToolCall | Data) else ""
        return " ".join(words[: 4 * LINE_CHARACTERS].split())[:LINE_CHARACTERS]

    @property
    def outcome(self) -> str:
        """How much was found, where that was logged."""
        step = self.step
        if isinstance(step, Search) and step.hits:
            return f"{len(step.hits):,} hit{'' if len(step.hits) == 1 else 's'}"
        if isinstance(step, DatabaseQuery) and step.rows is not None:
            return f"{step.rows:,} row{'' if step.rows == 1 else 's'}"
        if isinstance(step, HttpCall) and step.status_code is not None:
            return str(step.status_code)
        return ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Label and value of the short ones, those that were logged."""
        return [(label, value) for label, value in _facts(self.step) if value]

    @property
    def inputs(self) -> list[ShownText]:
        step = self.step
        match step:
            case ToolCall() | Data() | HttpCall():
                return _texts(
                    ("Request body" if isinstance(step, HttpCall) else "Input", step.input, "request")
                )
            case DatabaseQuery():
                return _texts(("Parameters", step.parameters, "request"))
            case Search():
                return _texts(("Filters", step.filters, "request"))
        return []

    @property
    def outputs(self) -> list[ShownText]:
        label = "Response body" if isinstance(self.step, HttpCall) else "Output"
        return _texts((label, self.step.output, "response"))

    @property
    def details(self) -> list[ShownText]:
        return _texts(
            ("Stack trace", self.step.stack, "request"), ("Everything else", self.step.details, "request")
        )

    @property
    def headers(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Of an HTTP call: which they are, and their names and values."""
        if not isinstance(self.step, HttpCall):
            return []
        both = (
            ("Request headers", self.step.request_headers),
            ("Response headers", self.step.response_headers),
        )
        return [(label, headers) for label, headers in both if headers]

    @property
    def sql(self) -> list[SqlPiece]:
        return (
            sql_pieces(self.step.statement[:CUT_CHARACTERS]) if isinstance(self.step, DatabaseQuery) else []
        )

    @cached_property
    def hits(self) -> list[ShownHit]:
        return _shown_hits(self.step.hits[:SHOWN_HITS]) if isinstance(self.step, Search) else []

    @property
    def more_hits(self) -> int:
        return max(0, len(self.step.hits) - SHOWN_HITS) if isinstance(self.step, Search) else 0


def _facts(step: Step) -> list[tuple[str, str]]:
    named = [("Status", step.status)]
    match step:
        case ToolCall():
            return [("Tool", step.name), ("Call", step.id), *named]
        case Search():
            vector = step.vector
            shown = f"{vector.length:,} numbers" if vector else ""
            return [
                ("Database", step.system), ("Collection", step.collection), ("Operation", step.operation),
                ("Top k", step.top_k), ("Vector", shown), ("Threshold", step.threshold),
                ("Similarity", step.similarity), *named,
            ]  # fmt: skip
        case DatabaseQuery():
            rows = "" if step.rows is None else formats.count(step.rows)
            return [
                ("System", step.system), ("Database", step.database), ("Table", step.collection),
                ("Operation", step.operation), ("Rows", rows), ("Server", step.server), *named,
            ]  # fmt: skip
        case HttpCall():
            sizes = (("Sent", step.request_bytes), ("Received", step.response_bytes))
            return [*((label, formats.size(size)) for label, size in sizes if size is not None), *named]
    return [("Name", step.name), *named]


def _texts(*named: tuple[str, str, str]) -> list[ShownText]:
    return [ShownText(label, text[:CUT_CHARACTERS], tab, len(text)) for label, text, tab in named if text]


def _shown_hits(hits: list[Hit]) -> list[ShownHit]:
    scores = [hit.score for hit in hits if hit.score is not None and hit.measure == "score"]
    best = max(scores, default=0)
    has_bars = best > 0 and min(scores, default=0) >= 0
    return [
        ShownHit(
            hit,
            rank,
            "" if hit.score is None else f"{hit.score:.4g}",
            round(100 * hit.score / best, 1)
            if has_bars and hit.score is not None and hit.measure == "score"
            else None,
            hit.text[:CUT_CHARACTERS],
        )
        for rank, hit in enumerate(hits, 1)
    ]
