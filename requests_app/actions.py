"""What is said of a request after it was logged. Each function is one UPDATE of its row, which metrics follow."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Func, JSONField, QuerySet, TextField, Value

from helicone_site.text import storable
from ingest_app.events import uuid7_ms
from ingest_app.known_values import note_values, values_of
from ingest_app.rollups import Key, changing
from requests_app.models import Request
from requests_app.paging import EPOCH
from requests_app.queries import RequestNotFound, requests_of

MAX_NAME_CHARACTERS = 200
MAX_VALUE_CHARACTERS = 2000
# Beyond this a float no longer tells one whole number from the next.
MAX_SCORE = 2**53
THUMB_UP, THUMB_DOWN = 1, 0


class BadAnnotation(Exception):
    """A name or value that is not stored. `str()` of it says why."""


def set_property(*, organization_id: int, id: UUID, name: str, value: str) -> None:
    """Give the request a custom property, or change it. Raises BadAnnotation, RequestNotFound."""
    name = _checked_name(name)
    if len(value) > MAX_VALUE_CHARACTERS:
        raise BadAnnotation(f"A property's value has at most {MAX_VALUE_CHARACTERS} characters.")
    value = storable(value)
    with transaction.atomic(), connection.cursor() as cursor:
        with changing(cursor, _key(organization_id, id)):
            _update(organization_id, id, properties=_with("properties", name, value))
        note_values(cursor, values_of(organization_id, (), {name: value}))


def delete_property(*, organization_id: int, id: UUID, name: str) -> None:
    """Take a custom property off the request; that it has none of the name is no error. Raises RequestNotFound."""
    without = Func(
        F("properties"),
        Value(storable(name), output_field=TextField()),
        template="(%(expressions)s::text)",
        arg_joiner=" - ",
        output_field=JSONField(),
    )
    with transaction.atomic(), connection.cursor() as cursor, changing(cursor, _key(organization_id, id)):
        _update(organization_id, id, properties=without)


def set_score(*, organization_id: int, id: UUID, name: str, value: float) -> None:
    """Give the request a score, or change it; true and false are 1 and 0. Raises BadAnnotation, RequestNotFound."""
    name = _checked_name(name)
    # Not a number is neither larger nor smaller.
    if not -MAX_SCORE <= value <= MAX_SCORE:
        raise BadAnnotation("A score is a number of at most ±2⁵³.")
    number = int(value) if isinstance(value, bool) else value
    _update(organization_id, id, scores=_with("scores", name, number))


def set_feedback(*, organization_id: int, id: UUID, is_positive: bool | None) -> None:
    """Note a thumb up or down; None takes it back. Raises RequestNotFound."""
    feedback = None if is_positive is None else THUMB_UP if is_positive else THUMB_DOWN
    _update(organization_id, id, feedback=feedback)


def _key(organization_id: int, id: UUID) -> Key:
    rows = requests_of(organization_id).filter(id=id)
    for found in (_at_its_time(rows, id), rows):
        if (created_at := found.values_list("created_at", flat=True).first()) is not None:
            return Key(organization_id, created_at, id)
    raise RequestNotFound(str(id))


def _update(organization_id: int, id: UUID, **changes: object) -> None:
    rows = requests_of(organization_id).filter(id=id)
    if not (_at_its_time(rows, id).update(**changes) or rows.update(**changes)):
        raise RequestNotFound(str(id))


def _at_its_time(rows: QuerySet[Request], id: UUID) -> QuerySet[Request]:
    """Returns the rows of the moment that `id` tells: one partition. Ids made elsewhere may be found in any."""
    at_ms = uuid7_ms(id)
    if at_ms is None:
        return rows
    moment = EPOCH + timedelta(milliseconds=at_ms)
    return rows.filter(created_at__gte=moment, created_at__lt=moment + timedelta(milliseconds=1))


def _with(column: str, name: str, value: str | float) -> Func:
    return Func(
        F(column),
        Value({name: value}, output_field=JSONField()),
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=JSONField(),
    )


def _checked_name(name: str) -> str:
    name = storable(name.strip())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise BadAnnotation(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.")
    return name
