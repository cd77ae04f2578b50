"""Query strings of the list: each view of it has exactly one, so that a link says what is seen."""

from urllib.parse import urlsplit

from django.http import QueryDict

from requests_app.filters import PROPERTY_PREFIX, RequestFilter

ADD_FIELD, ADD_VALUE = "add_field", "add_value"
OTHER_PROPERTY = "property"


def canonical(query: QueryDict) -> str | None:
    """Returns the query string that `query` should have been, or None when it is in order.

    The filter bar is a plain GET form: it sends empty fields, and a new filter as `add_field` and `add_value`.
    """
    needs_change = (
        ADD_FIELD in query or ADD_VALUE in query or any("" in query.getlist(name) for name in query)
    )
    if not needs_change:
        return None
    changed = query.copy()
    field = str(changed.get(ADD_FIELD) or "")
    value = str(changed.get(ADD_VALUE) or "").strip()
    for name in (ADD_FIELD, ADD_VALUE, "cursor"):
        changed.pop(name, None)
    if field == OTHER_PROPERTY:
        name, separator, value = value.partition("=")
        field, value = PROPERTY_PREFIX + name.strip(), value.strip() if separator and name.strip() else ""
    if value and field.startswith(PROPERTY_PREFIX):
        changed.appendlist(field, value)
    elif value and field in RequestFilter.FIELDS:
        changed[field] = value
    if changed.get("start") or changed.get("end"):
        changed.pop("range", None)
    for name in list(changed):
        changed.setlist(name, [one for one in changed.getlist(name) if one != ""])
    return changed.urlencode()


def with_open(current_url: str, *, id: str, tab: str) -> tuple[str, bool]:
    """Returns the query string of the list at `current_url` with the drawer open on `id`, and whether it was open."""
    query = QueryDict(urlsplit(current_url).query, mutable=True)
    was_open = "open" in query
    query["open"] = id
    query.pop("tab", None)
    if tab:
        query["tab"] = tab
    return query.urlencode(), was_open
