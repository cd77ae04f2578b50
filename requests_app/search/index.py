"""Conditions on requests by the table `body_words`, which `ingest_app.search` fills."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, F, Func, Q

from accounts_app.secrets import UndecryptableSecret
from ingest_app.bodies import BodyKey
from ingest_app.data_keys import current_key
from ingest_app.search.hashing import hash_of, number_of
from ingest_app.search.words import MAX_TERM_CHARACTERS
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.tree import Text
from requests_app.search.bodies import matching_keys
from requests_app.search.query import all_phrases, phrases_of

# Candidates are looked for by so many terms at most, the longest, which are the rarest.
MAX_TERMS = 32
# Up to so many candidates are taken from the index of words; where there are more, requests are walked in the order
# of the list, and their words looked at. PostgreSQL cannot choose: it does not know how many rows such a join has.
FEW = 10_000
# A phrase inside of OR or NOT is looked up beforehand, in all requests that have its words.
MAX_LOOKED_UP = 2_000

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Candidates(NamedTuple):
    """The condition on `Request` of an organization that it may hold what is searched for."""

    condition: Q
    are_few: bool  # known by their keys; else each row is looked at


class _HasWords(Func):
    """Whether the index has all of `numbers` for the row. OFFSET 0 keeps PostgreSQL from making a join of it."""

    output_field = BooleanField()
    template = (
        "EXISTS (SELECT FROM body_words WHERE (body_words.organization_id, body_words.created_at, body_words.id)"
        " = (%(expressions)s) AND body_words.words @> %%s::integer[] OFFSET 0)"
    )

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(F("organization_id"), F("created_at"), F("id"))
        self._numbers = numbers

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        sql, parameters = super().as_sql(*args, **kwargs)
        return sql, (*parameters, self._numbers)


class _IsOneOf(Func):
    """Whether the row is one of `keys`."""

    output_field = BooleanField()
    template = "(%(expressions)s) IN (SELECT * FROM unnest(%%s::timestamptz[], %%s::uuid[]))"

    def __init__(self, keys: Sequence[BodyKey]) -> None:
        super().__init__(F("created_at"), F("id"))
        self._keys = keys

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        sql, parameters = super().as_sql(*args, **kwargs)
        return sql, (*parameters, [key.created_at for key in self._keys], [key.id for key in self._keys])


def candidates(
    organization_id: int, nodes: Iterable[Text], *, since: datetime | None, until: datetime | None
) -> Candidates:
    """Returns the condition that the index has all words of `nodes`; it need only hold from `since` to `until`.

    It also holds where the words are elsewhere in the bodies than `nodes` say, and, once in ten million, where others
    have the same hashes. Raises FilterError when there is no word in one of `nodes`.
    """
    numbers = _numbers(organization_id, nodes)
    keys = _keys(organization_id, numbers, since=since, until=until, at_most=FEW)
    if keys is None:
        return Candidates(Q(_HasWords(numbers)), are_few=False)
    return Candidates(one_of(keys), are_few=True)


def matching(organization_id: int, node: Text) -> Q:
    """Returns the condition on `Request` that `node` occurs in its bodies, for wherever in a filter it may stand.

    Raises FilterError when there is no word in it, or when only the bodies could tell and they are too many.
    """
    numbers = _numbers(organization_id, [node])
    if _is_told_by_index(node):
        return Q(_HasWords(numbers))
    keys = _keys(organization_id, numbers, since=None, until=None, at_most=MAX_LOOKED_UP)
    if keys is None:
        raise FilterError(
            f"The words of {node.text!r} occur in too many requests to be searched for inside of OR or NOT;"
            " by itself, beside the other conditions, it can be."
        )
    return one_of(matching_keys([node], keys))


def one_of(keys: Sequence[BodyKey]) -> Q:
    """Returns the condition on `Request` of an organization that it is one of `keys`."""
    if not keys:
        return Q(id__in=[])
    times = [key.created_at for key in keys]
    return Q(_IsOneOf(keys), created_at__gte=min(times), created_at__lte=max(times))


def _is_told_by_index(node: Text) -> bool:
    """Returns whether the terms say it all: each phrase is one of them, uncut, wherever it stands."""
    phrases = phrases_of(node)
    is_whole = all(len(term) < MAX_TERM_CHARACTERS for phrase in phrases for term in phrase.terms)
    return (
        is_whole
        and len(phrases) <= MAX_TERMS
        and node.field == "any"
        and all(len(one.terms) == 1 for one in phrases)
    )


def _keys(
    organization_id: int, numbers: list[int], *, since: datetime | None, until: datetime | None, at_most: int
) -> list[BodyKey] | None:
    """Returns what the index has for all of `numbers`, None when that is more than `at_most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN count(*) <= %(at_most)s THEN array_agg(created_at) END,"
            " CASE WHEN count(*) <= %(at_most)s THEN array_agg(id) END, count(*)"
            " FROM (SELECT created_at, id FROM body_words WHERE organization_id = %(organization_id)s"
            " AND words @> %(numbers)s::integer[] AND created_at >= %(since)s AND created_at < %(until)s"
            " LIMIT %(at_most)s + 1) AS found",
            {
                "organization_id": organization_id,
                "numbers": numbers,
                "since": since or _EVER,
                "until": until or _NEVER,
                "at_most": at_most,
            },
        )
        times, ids, count = cursor.fetchone()
    if count > at_most:
        return None
    return [BodyKey(organization_id, at, id) for at, id in zip(times or [], ids or [], strict=True)]


def _numbers(organization_id: int, nodes: Iterable[Text]) -> list[int]:
    terms = {term for phrase in all_phrases(nodes) for term in phrase.terms}
    rarest = sorted(terms, key=lambda term: (-len(term), term))[:MAX_TERMS]
    try:
        key = current_key(organization_id)
    except UndecryptableSecret as error:
        raise FilterError("Bodies cannot be searched: HELICONE_SECRET_KEY was changed.") from error
    return [number_of(hash_of(key, term)) for term in rarest]
