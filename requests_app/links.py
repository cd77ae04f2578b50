"""Query strings of the list: each view of it has exactly one, so that a link says what is seen."""

from urllib.parse import urlencode, urlsplit
from zlib import crc32

from django.http import QueryDict

from requests_app import columns
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import conjunction, top_parts

# What the filter bar's field holds: more conditions, in the text form.
ADDED = "add"
# Boxes that are ticked in the column chooser, in their order.
COLUMN = "column"
# Where in the list one is, and which saved view one came from: not what is looked for.
_PLACE = ("cursor", "open", "tab", "view")

_PERIOD = ("range", "start", "end")
# How rows are shown, which changes nothing about how many there are.
_LOOK = ("sort", "limit", "columns")


def canonical(query: QueryDict, vocabulary: Vocabulary = REQUESTS) -> str | None:
    """Returns the query string that `query` should have been, or None when it is in order.

    The filter bar and the column chooser are plain GET forms: they send empty fields, new conditions as `add`, and
    a `column` for each box.
    """
    is_in_order = not {ADDED, COLUMN} & query.keys() and all("" not in query.getlist(name) for name in query)
    if is_in_order:
        return None
    changed = query.copy()
    if ADDED in query:
        changed.pop("cursor", None)
        changed["q"] = _joined(str(query.get("q") or ""), str(query.get(ADDED) or ""), vocabulary)
    if COLUMN in query:
        changed["columns"] = columns.write(query.getlist(COLUMN))
    for name in (ADDED, COLUMN):
        changed.pop(name, None)
    if changed.get("start") or changed.get("end"):
        changed.pop("range", None)
    for name in list(changed):
        changed.setlist(name, [one for one in changed.getlist(name) if one != ""])
    return changed.urlencode()


def of_view(query: QueryDict) -> str:
    """Returns what of `query` a saved view keeps: all but the place in the list, in a fixed order."""
    return _without(query, _PLACE)


def chart_key(query: QueryDict) -> str:
    """Returns a name for the counts over time of this view: the same as long as those are the same."""
    return f"{crc32(_without(query, (*_PLACE, *_LOOK)).encode()):08x}"


def period_of(query: QueryDict) -> dict[str, str]:
    """Returns the parameters that say which period is looked at."""
    return {name: str(query[name]) for name in _PERIOD if query.get(name)}


def with_open(current_url: str, *, id: str, tab: str) -> tuple[str, bool]:
    """Returns the query string of the list at `current_url` with the drawer open on `id`, and whether it was open."""
    query = QueryDict(urlsplit(current_url).query, mutable=True)
    was_open = "open" in query
    query["open"] = id
    query.pop("tab", None)
    if tab:
        query["tab"] = tab
    return query.urlencode(), was_open


def _without(query: QueryDict, names: tuple[str, ...]) -> str:
    kept = [(name, value) for name, values in query.lists() for value in values if name not in names]
    return urlencode(sorted(kept))


def _joined(text: str, added: str, vocabulary: Vocabulary) -> str:
    """Returns both as one filter, each condition once. What cannot be read stays as it is, to be put right."""
    try:
        parts = [*top_parts(parse(text, vocabulary)), *top_parts(parse(added, vocabulary))]
    except FilterError:
        return f"{text} {added}".strip()
    return print_filter(conjunction(dict.fromkeys(parts)), vocabulary)
