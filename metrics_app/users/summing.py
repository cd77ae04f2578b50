"""What the requests of each user of a period add up to: one SELECT, to be sorted and cut, or counted."""

from django.db.models import QuerySet

from helicone_site.sql import load
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app.reading.questions import SQL, USER
from metrics_app.reading.sums import Part, compiled, sources_of
from metrics_app.scope import Scope
from metrics_app.users.conditions import OF_DAYS, OF_TIMES, condition_sql, mentions
from metrics_app.users.sources import given, select_from
from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.tree import EVERYTHING, Node
from requests_app.filter_language.values import escaped
from requests_app.models import Request
from requests_app.queries import requests_of

MEASURES = (
    "requests", "failures", "cost_nanodollars", "unpriced", "prompt_tokens", "completion_tokens", "latency_sum_ms",
)  # fmt: skip
_DAYS = "count(DISTINCT (moment AT TIME ZONE 'UTC')::date)"
_NOT_SEEN: Part = (
    "SELECT NULL::text AS value, NULL::timestamptz AS first_at, NULL::timestamptz AS last_at WHERE false",
    (),
)


def summed_users(
    scope: Scope,
    *,
    find: str = "",
    condition: Node = EVERYTHING,
    has_days: bool = False,
    has_times: bool = False,
) -> Part | None:
    """Returns a SELECT of value, active_days, MEASURES, first_at and last_at of the users for whom `condition` holds.

    To be read `at_one_moment` with this; None when it is known that there are none. Days are 0, and times NULL, unless
    asked for, or spoken of in the condition: times are looked up in all rows. Raises FilterError.
    """
    parts = sources_of(scope.total(USER))
    if not parts:
        return None
    matching, pattern = matching_id(find)
    seen = _seen(scope) if has_times or mentions(condition, OF_TIMES) else _NOT_SEEN
    where, bounds = condition_sql(condition, organization_id=scope.organization_id)
    statement = load(SQL, "users_summed").format(
        sources=select_from(parts, "value", *MEASURES),
        days=_DAYS if has_days or mentions(condition, OF_DAYS) else "0::bigint",
        summed=", ".join(
            f"coalesce(sum({name}), 0){'' if name == 'cost_nanodollars' else '::bigint'} AS {name}"
            for name in MEASURES
        ),
        matching=matching,
        seen=seen[0],
        condition=where,
    )
    return statement, (*given(parts), *pattern, *seen[1], *bounds)


def requests_of_users(scope: Scope) -> QuerySet[Request]:
    """Returns the requests of `scope` that say whose they are. Raises FilterError."""
    return (
        requests_of(scope.organization_id)
        .filter(created_at__gte=scope.start, created_at__lt=scope.end)
        .exclude(user_id="")
        .filter(compile_filter(scope.tree, organization_id=scope.organization_id))
    )


def matching_id(find: str) -> Part:
    """Returns the condition on `value` that it has `find` in it, in any case."""
    if "\x00" in find:
        return "false", ()  # PostgreSQL has no such text
    return ("value ILIKE %s", (f"%{escaped(find)}%",)) if find else ("true", ())


def _seen(scope: Scope) -> Part:
    rows = compiled(requests_of_users(scope).values("user_id", "created_at"))
    if rows is None:
        return _NOT_SEEN
    return load(SQL, "users_seen").format(rows=rows[0], most=MAX_CHARACTERS), rows[1]
