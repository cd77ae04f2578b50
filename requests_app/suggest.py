"""What the filter bar offers while one types: fields, operators, and values, those of the newest rows first."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone

from ingest_app.known_values import PROPERTY
from requests_app.filter_language.conditions import PROPERTY_PREFIX, SCORE_PREFIX, condition
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import FIELDS, REQUESTS, Field, Kind, field_named
from requests_app.filter_language.known_values import KnownValues
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import Operator
from requests_app.filter_language.values import FEEDBACK_WORDS
from requests_app.filters import Period
from requests_app.kinds import KINDS
from requests_app.models import Request
from requests_app.queries import requests_of

# Values come from this many of the newest rows of the period: enough to know them, and quick whatever is stored.
NEWEST_ROWS = 5_000
OFFERED = 12
# The rest of the fields is found by the first letters of its name.
_FIRST = ("model", "status", "user", "cost", "latency", "tokens", "provider", "session", "ttft", "error")
_IS = ("success", "error", "cancelled")
OFFERED_STATUSES = ("success", "error", "cancelled", "4xx", "5xx")
SIGNS = {
    Kind.TEXT: (":", "is"), Kind.STATUS: (":", "is"), Kind.FEEDBACK: (":", "is"), Kind.ID: (":", "is"),
    Kind.NUMBER: (">", "more than"), Kind.COST: (">", "more than, in US dollars"),
    Kind.DURATION: (">", "longer than"), Kind.TIME: (">=", "from then on"),
}  # fmt: skip
MORE_SIGNS = {
    Kind.TEXT: (("!=", "is not"), ("~~", "is like, with %")),
    Kind.STATUS: ((">=", "at least"), ("!=", "is not")),
    Kind.NUMBER: (("<", "less than"), (":", "exactly")),
    Kind.COST: (("<", "less than"), (":", "exactly")),
    Kind.DURATION: (("<", "shorter than"),),
}
SIZES = {
    Kind.COST: ("0.001", "0.01", "0.1", "1"),
    Kind.DURATION: ("500ms", "1s", "5s", "30s"),
    Kind.NUMBER: ("100", "1000", "10000", "100000"),
    Kind.STATUS: ("400", "500"),
}
PIECE = re.compile(
    r'(?P<sign>-?)(?P<name>(?:(?:property|score)\.)?(?:"(?:[^"\\]|\\.)*"?|[^:=<>~!\s"]*))'
    r"(?P<operator>:?(?:>=|<=|>|<)|:|=|!=|~~|~)?(?P<value>.*)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Option:
    """One offer. `insert` takes the place of the piece that is being typed; a whole one needs nothing after it."""

    insert: str
    detail: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The options, and where in the text the piece stands that they replace."""

    start: int
    end: int
    options: list[Option]

    def for_script(self) -> dict[str, Any]:
        """Returns it as the filter bar's script takes it."""
        options = [
            {"insert": option.insert, "detail": option.detail, "whole": option.is_whole}
            for option in self.options
        ]
        return {"start": self.start, "end": self.end, "options": options}


def typed_in(data: QueryDict) -> tuple[str, int]:
    """Returns the text `q` of the query string, and `at`, where in it the cursor stands: without it at the end."""
    text, at = data.get("q", ""), data.get("at", "")
    return text, int(at) if at.isdecimal() and len(at) < 6 else len(text)


def offer(*, organization_id: int, text: str, at: int, period: Period) -> Offer:
    """Returns what may stand where the cursor is, before the character `at` of `text`; at most `OFFERED` options."""
    at = max(0, min(at, len(text)))
    start = start_of_piece(text, at)
    found = PIECE.fullmatch(text[start:at])
    if found is None:
        return Offer(start, at, [])
    rows = requests_of(organization_id).order_by("-created_at", "-id")
    if period.start is not None:
        rows = rows.filter(created_at__gte=period.start)
    if period.end is not None:
        rows = rows.filter(created_at__lt=period.end)
    sign, name, value = found["sign"], found["name"], found["value"].strip('"*')
    known = KnownValues(organization_id)
    if found["operator"] is None:
        options = _names(rows, known, name.lower().strip('"'))
    else:
        options = _values(rows, known, name, found["operator"], value)
    seen = {sign + option.insert: option for option in options}
    return Offer(
        start, at, [Option(insert, one.detail, one.is_whole) for insert, one in seen.items()][:OFFERED]
    )


def property_names(rows: QuerySet[Request]) -> list[str]:
    """Returns the names of properties in the newest of `rows`, most frequent first."""
    found = rows.exclude(properties={}).values_list("properties", flat=True)
    return _frequent(name for names in found[:NEWEST_ROWS] for name in names)


def score_names(rows: QuerySet[Request]) -> list[str]:
    """Returns the names of scores in the newest of `rows`, most frequent first."""
    found = rows.exclude(scores={}).values_list("scores", flat=True)
    return _frequent(name for names in found[:NEWEST_ROWS] for name in names)


def start_of_piece(text: str, at: int) -> int:
    """Returns where the piece of a filter begins that is being typed before the character `at`."""
    start, is_quoted, is_escaped = 0, False, False
    for place, character in enumerate(text[:at]):
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif not is_quoted and (character.isspace() or character in "()"):
            start = place + 1
    return start


def _names(rows: QuerySet[Request], known: KnownValues, typed: str) -> Iterator[Option]:
    exact = field_named(typed) if typed else None
    if exact is not None and exact.kind is not Kind.FLAG:
        signs = (SIGNS[exact.kind], *MORE_SIGNS.get(exact.kind, ()))
        yield from (Option(exact.name + sign, detail, is_whole=False) for sign, detail in signs)
    fields = [field for field in FIELDS.values() if _is_offered(field, typed)]
    for field in sorted(fields, key=lambda field: not field.name.startswith(typed)):
        if field.kind is Kind.FLAG:
            yield Option(f"is:{field.name}", field.label, is_whole=True)
        else:
            yield Option(field.name + SIGNS[field.kind][0], field.label, is_whole=False)
    within = typed.removeprefix(PROPERTY_PREFIX).strip('"')
    for name in matching([*property_names(rows), *known.property_names()], within):
        yield Option(_printed(PROPERTY_PREFIX + name, "x")[:-1], "Property", is_whole=False)
    if typed:
        for name in matching(score_names(rows), typed.removeprefix(SCORE_PREFIX)):
            yield Option(_printed(SCORE_PREFIX + name, "1")[:-2] + ">", "Score", is_whole=False)
        for name in ("model", "provider", "user"):
            newest = matching(_column_values(rows, FIELDS[name]), typed)
            for value in [*newest, *_rarer(known, name, typed)]:
                yield Option(_printed(name, value), FIELDS[name].label, is_whole=True)


def _is_offered(field: Field, typed: str) -> bool:
    if not field.is_offered:
        return False
    return typed in field.name or typed in field.label.lower() if typed else field.name in _FIRST


def _values(
    rows: QuerySet[Request], known: KnownValues, name: str, operator: str, typed: str
) -> Iterator[Option]:
    lower = name.lower()
    if lower == "is":
        yield from (Option(f"is:{word}", "", True) for word in matching([*_IS, *REQUESTS.flag_names], typed))
    elif lower == "has":
        fields = [field.name for field in FIELDS.values() if Operator.EXISTS in field.operators]
        names = [PROPERTY_PREFIX + one for one in [*property_names(rows), *known.property_names()]]
        for one in matching([*_FIRST, *names, *fields], typed):
            yield Option(print_filter(condition(one, Operator.EXISTS, None)), "", is_whole=True)
    elif lower in {"after", "before"}:
        today = timezone.localdate()
        for days, detail in ((0, "Today"), (1, "Yesterday"), (7, "A week ago")):
            yield Option(f"{lower}:{today - timedelta(days=days)}", detail, is_whole=True)
    elif operator in {":", "=", "!="}:
        negation = "-" if operator == "!=" else ""
        newest = matching(_newest_values(rows, name), typed)
        for value in [*newest, *_rarer(known, name, typed)]:
            yield Option(negation + _printed(name, value), "", is_whole=True)
    elif (field := field_named(name)) is not None and operator not in {"~", "~~"}:
        for size in matching(SIZES.get(field.kind, ()), typed):
            yield Option(f"{field.name}{operator.removeprefix(':')}{size}", "", is_whole=True)


def _newest_values(rows: QuerySet[Request], name: str) -> list[str]:
    if name.lower().startswith(PROPERTY_PREFIX):
        wanted = name[len(PROPERTY_PREFIX) :].strip('"').lower()
        found = rows.exclude(properties={}).values_list("properties", flat=True)[:NEWEST_ROWS]
        return _frequent(
            value for properties in found for one, value in properties.items() if one.lower() == wanted
        )
    field = field_named(name)
    if field is None:
        return []
    if field.name == "kind":  # a closed list: what was never logged can be looked for, too
        return list(KINDS)
    match field.kind:
        case Kind.STATUS:
            return [*OFFERED_STATUSES, *_column_values(rows, field)]
        case Kind.FEEDBACK:
            return list(FEEDBACK_WORDS)
        case Kind.FLAG:
            return ["true", "false"]
        case Kind.TEXT:
            return _column_values(rows, field)
    return []


def _rarer(known: KnownValues, name: str, typed: str) -> list[str]:
    """Returns values that may be in none of the newest rows."""
    if name.lower().startswith(PROPERTY_PREFIX):
        wanted = name[len(PROPERTY_PREFIX) :].strip('"').lower()
        return [
            value
            for one in known.property_names()
            if one.lower() == wanted
            for value in known.offered(PROPERTY + one, typed, OFFERED)
        ]
    field = field_named(name)
    if field is None or not field.is_known:
        return []
    return known.offered(field.expression.name, typed, OFFERED)


def _column_values(rows: QuerySet[Request], field: Field) -> list[str]:
    if not isinstance(field.expression, F):
        return []
    found = rows.values_list(field.expression, flat=True)[:NEWEST_ROWS]
    return _frequent(str(value) for value in found)


def _printed(name: str, value: str) -> str:
    """Returns the condition as chips and links spell it, with its quotes; as it came when it cannot be one."""
    try:
        return print_filter(condition(name, Operator.EQUALS, value))
    except FilterError:
        return f"{name}:{value}"


def matching(values: Iterable[str], typed: str) -> list[str]:
    """Returns at most `OFFERED` of the values with `typed` in them, first those that begin so."""
    lower = typed.lower()
    found = [value for value in values if lower in value.lower()]
    return sorted(found, key=lambda value: not value.lower().startswith(lower))[:OFFERED]


def _frequent(values: Iterable[str]) -> list[str]:
    return [value for value, _ in Counter(filter(None, values)).most_common()]
