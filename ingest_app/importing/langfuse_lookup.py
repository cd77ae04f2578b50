"""What has to be known of Langfuse's rows before any is translated: what traces say, how things are rated, which
observation is the root of a trace.
"""

from typing import Any

import msgspec

from ingest_app.dialects import rows
from ingest_app.importing.index import Index
from ingest_app.importing.row import Row, as_text, unwrapped
from ingest_app.importing.values import properties_of, score, time_us

_TRACES, _SCORES, _ROOTS, _PARENTS = "traces", "scores", "roots", "parents"
_NO_ROOT = b"~"  # in the place of a root: something was observed, and everything seen so far has a parent
_NUMERIC = ("NUMERIC", "BOOLEAN", "")
# What OpenTelemetry's instrumentation adds to the metadata of every span.
INSTRUMENTATION = frozenset(("resourceAttributes", "scope", "attributes"))
_PLAIN_PROPERTIES = {
    ("environment",): "Environment",
    ("release",): "Release",
    ("version",): "Version",
    ("prompt_name", "promptName"): "Helicone-Prompt-Id",
    ("prompt_version", "promptVersion"): "Helicone-Prompt-Version",
}


class Trace(msgspec.Struct, omit_defaults=True):
    """What a trace says for all that is in it."""

    name: str = ""
    user_id: str = ""
    session_id: str = ""
    properties: dict[str, str] = {}


class Rating(msgspec.Struct, omit_defaults=True):
    """How an observation or a trace is rated: numbers, and words, which become properties."""

    numbers: dict[str, float] = {}
    words: dict[str, str] = {}


class Lookup:
    """What is known of all rows, in an index."""

    def __init__(self, index: Index, *, now_us: int) -> None:
        self._index = index
        self._now_us = now_us

    def look_at(self, row: Row) -> None:
        """Keep in the index what others need of this row."""
        if is_score(row):
            self._keep_score(row)
        elif is_observation(row):
            self._keep_place(row)
        elif is_trace(row):
            self._index.keep(_TRACES, row.text("id"), msgspec.json.encode(trace_of(row)))

    def trace(self, id: str) -> Trace:
        """Returns what a trace says, nothing where it is not known."""
        kept = self._index.get(_TRACES, id)
        return msgspec.json.decode(kept, type=Trace) if kept is not None else Trace()

    def has_observations(self, trace_id: str) -> bool:
        """Returns whether anything was observed in a trace."""
        return self._index.get(_ROOTS, trace_id) is not None

    def bears_scores(self, trace_id: str) -> bool:
        """Returns whether there is a request that the scores of a trace can be on."""
        root = self._index.get(_ROOTS, trace_id)
        return root != _NO_ROOT and (root is not None or self._index.get(_TRACES, trace_id) is not None)

    def is_root(self, trace_id: str, *, start_us: int, id: str) -> bool:
        """Returns whether the observation is the first of its trace that has no parent."""
        return self._index.get(_ROOTS, trace_id) in (None, _root_key(start_us, id))

    def is_parent(self, id: str) -> bool:
        """Returns whether other observations are within this one."""
        return self._index.get(_PARENTS, id) is not None

    def rating(self, at: str) -> Rating:
        """Returns how `observation <id>` or `trace <id>` is rated."""
        kept = self._index.get(_SCORES, at)
        return msgspec.json.decode(kept, type=Rating) if kept is not None else Rating()

    def _keep_score(self, row: Row) -> None:
        observation_id, trace_id = (
            row.text("observation_id", "observationId"),
            row.text("trace_id", "traceId"),
        )
        if not (observation_id or trace_id):
            return
        at = f"observation {observation_id}" if observation_id else f"trace {trace_id}"
        rating = self.rating(at)
        name, value = row.text("name"), score(row.get("value"))
        if row.text("data_type", "dataType").upper() in _NUMERIC and value is not None:
            rating.numbers[name] = value
        elif words := row.text("string_value", "stringValue", "value"):
            rating.words[f"Score-{name}"] = words
        self._index.keep(_SCORES, at, msgspec.json.encode(rating))

    def _keep_place(self, row: Row) -> None:
        start_us = time_us(row.get("start_time", "startTime"), now_us=self._now_us)
        parent_id = row.text("parent_observation_id", "parentObservationId")
        trace_id = row.text("trace_id", "traceId")
        if parent_id:
            self._index.keep(_PARENTS, parent_id, b"")
        key = _root_key(start_us or 0, row.text("id"))
        kept = self._index.get(_ROOTS, trace_id)
        if kept is None or (not parent_id and (kept == _NO_ROOT or key < kept)):
            self._index.keep(_ROOTS, trace_id, _NO_ROOT if parent_id else key)


def rows_of(row: Row) -> list[Row]:
    """Returns the rows that a record holds: a trace may come with all that is in it."""
    found = [row]
    if is_trace(row) and not is_observation(row):
        for member in ("observations", "scores"):
            found += [Row({"traceId": row.text("id"), **inner}) for inner in rows(row.list(member))]
    return found


def is_score(row: Row) -> bool:
    """Returns whether it is a score."""
    return (
        ("value" in row or "string_value" in row or "stringValue" in row)
        and "name" in row
        and "source" in row
    )


def is_observation(row: Row) -> bool:
    """Returns whether it is an observation."""
    return "start_time" in row or "startTime" in row


def is_trace(row: Row) -> bool:
    """Returns whether it is a trace, where it is neither of the others."""
    return "timestamp" in row and "id" in row


def trace_of(row: Row) -> Trace:
    """Returns what a trace says for all that is in it."""
    properties = {**metadata_of(row), **plain_properties(row), "Tags": tags_of(row.list("tags"))}
    return Trace(
        row.text("name"),
        row.text("user_id", "userId"),
        row.text("session_id", "sessionId"),
        properties_of({name: value for name, value in properties.items() if name not in INSTRUMENTATION}),
    )


def metadata_of(row: Row) -> dict[str, Any]:
    """Returns the metadata by name; what is no object under the name `metadata`."""
    given = unwrapped(row.get("metadata"))
    return {} if given is None else given if isinstance(given, dict) else {"metadata": given}


def plain_properties(row: Row) -> dict[str, str]:
    """Returns the members that become properties under names of ours."""
    return {ours: text for names, ours in _PLAIN_PROPERTIES.items() if (text := row.text(*names))}


def tags_of(tags: list[Any]) -> str:
    """Returns tags as one property."""
    return ", ".join(sorted(as_text(tag) for tag in tags))


def _root_key(start_us: int, id: str) -> bytes:
    return f"{start_us:020d} {id}".encode()
