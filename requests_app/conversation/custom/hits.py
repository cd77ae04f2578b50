"""What a search found, in the forms in which vector databases and tracers write it down."""

from itertools import zip_longest
from typing import Any

from helicone_site.numbers import number
from requests_app.conversation.custom.logged import Json, shown
from requests_app.conversation.reading import first, mapping, sequence, text, unwrapped, word
from requests_app.conversation.step import Hit

MAX_HITS = 1_000
_LISTS = (
    "hits",
    "matches",
    "results",
    "documents",
    "points",
    "result",
    "data",
    "nodes",
    "output",
    "search_results",
)
_SCORES = ("score", "_score", "similarity", "certainty", "relevance_score", "relevanceScore", "rerank_score")
_DISTANCES = ("distance", "_distance", "dist")
_TEXTS = ("content", "page_content", "pageContent", "text", "document", "chunk", "body")
_METADATA = ("metadata", "payload", "properties", "entity", "fields", "_source")
_COLUMNS = {
    "ids": "id",
    "documents": "document",
    "distances": "distance",
    "metadatas": "metadata",
    "scores": "score",
}


def hits_in(value: Any, *, depth: int = 3) -> list[Hit]:
    """Returns the hits in an answer: a list of them, an object that has such a list, or Chroma's columns."""
    value = unwrapped(value)
    if isinstance(value, list):
        found = [hit for item in value[:MAX_HITS] if (hit := _hit(item)) is not None]
        return found if len(found) == len(value[:MAX_HITS]) else []
    fields = mapping(value)
    if (
        isinstance(fields.get("ids"), list)
        and {"documents", "distances", "metadatas", "scores"} & fields.keys()
    ):
        return _columns(fields)
    for name in _LISTS:
        if depth and name in fields and (found := hits_in(fields[name], depth=depth - 1)):
            return found
    return []


def hits_in_events(events: list[Json]) -> list[Hit]:
    """Returns the hits that a tracer noted as events of the span, one each or all in one."""
    found: list[Hit] = []
    for event in events:
        if "result" not in event["event"]:
            continue
        fields = {name.rpartition(".")[2]: value for name, value in event.items() if name != "event"}
        several = hits_in(fields)
        single = None if several else _hit(fields)
        found += several or ([single] if single else [])
    return found[:MAX_HITS]


def _columns(fields: Json) -> list[Hit]:
    lists = {name: _first_batch(sequence(fields.get(column))) for column, name in _COLUMNS.items()}
    rows = zip_longest(*lists.values())
    found = (_hit(dict(zip(lists, row, strict=True))) for _, row in zip(range(MAX_HITS), rows, strict=False))
    return [hit for hit in found if hit is not None]


def _first_batch(column: list[Any]) -> list[Any]:
    """Returns the column of the first query; several may have been asked at once."""
    return column[0] if column and isinstance(column[0], list) else column


def _hit(item: Any) -> Hit | None:
    if isinstance(item, list) and len(item) == 2:  # LangChain's (document, score)
        hit = _hit(item[0])
        if hit is not None and hit.score is None:
            hit.score = number(item[1])
        return hit
    fields = mapping(unwrapped(item))
    fields = _without_prefix(mapping(fields.get("document")) or mapping(fields.get("node")), fields) or fields
    metadata = unwrapped(first(fields, *_METADATA))
    words = first(fields, *_TEXTS)
    if words is None:
        words = first(mapping(metadata), *_TEXTS)
    id = first(fields, "id", "_id", "doc_id", "document_id", "point_id", "uuid", "node_id", "id_")
    score, distance = number(first(fields, *_SCORES)), number(first(fields, *_DISTANCES))
    if id is None and words is None and score is None and distance is None:
        return None
    return Hit(
        id=word(id) or text(id),
        score=distance if score is None else score,
        measure="distance" if score is None and distance is not None else "score",
        text=text(words),
        metadata=shown(metadata) if metadata else "",
    )


def _without_prefix(inner: Json, outer: Json) -> Json:
    """Returns the fields of a document that stands inside the hit (OpenInference, LlamaIndex), with the hit's own."""
    return (
        {**{name: value for name, value in outer.items() if name not in {"document", "node"}}, **inner}
        if inner
        else {}
    )
