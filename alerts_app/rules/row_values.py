"""Values that no sums know: the least, the most, and percentiles of what single requests have."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Count,
    DateTimeField,
    F,
    FloatField,
    Func,
    IntegerField,
    Max,
    Min,
    TextField,
    Value,
)
from django.db.models.functions import Left

from alerts_app.rules.models import Aggregation
from alerts_app.rules.quantities import Column
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import Seen
from helicone_site.time_limit import at_most_ms
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app.reading.sums import LONGEST_MS
from metrics_app.scope import Scope
from requests_app.filter_language.compiling import compile_filter
from requests_app.queries import requests_of


class _Percentile(Aggregate):
    """The value that so many (0 to 1) do not exceed, between two values where it lies between them."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, *, share: float) -> None:
        super().__init__(expression, share=repr(float(share)))


def row_values(
    watched: Watched, scope: Scope, column: Column, edges: Sequence[datetime]
) -> dict[tuple[int, str], Seen]:
    """Returns what is known of the requests of `scope`, by the number of the bar (0 is the first) and the group.

    Raises FilterError, and TooSlow.
    """
    rows = requests_of(scope.organization_id).filter(created_at__gte=edges[0], created_at__lt=edges[-1])
    bar: Any = Func(
        F("created_at"),
        Value(list(edges), output_field=ArrayField(DateTimeField())),
        function="width_bucket",
        output_field=IntegerField(),
    )
    rows = rows.filter(compile_filter(scope.tree, organization_id=scope.organization_id))
    grouped = rows.annotate(bar=bar - 1, group=_group(watched)).exclude(group=None).values("bar", "group")
    found = grouped.annotate(value=_value(watched, column), n=Count("*")).order_by()
    with at_most_ms(LONGEST_MS):
        return {
            (row["bar"], row["group"]): Seen(
                None if row["value"] is None else float(row["value"]) * column.scale, row["n"]
            )
            for row in found
        }


def _value(watched: Watched, column: Column) -> Aggregate:
    match Aggregation(watched.aggregation):
        case Aggregation.LEAST:
            return Min(column.name)
        case Aggregation.MOST:
            return Max(column.name)
        case _:
            return _Percentile(F(column.name), share=(watched.percentile or 0) / 100)


def _group(watched: Watched) -> Any:
    """Returns the name that sums know a request's group by; NULL where it has none."""
    if not watched.dimension:
        return Value("")
    if watched.grouping_is_property:
        # Not Django's transform: it takes a name of digits for a place in an array.
        named: Any = Func(
            F("properties"),
            Value(watched.grouping),
            template="(%(expressions)s)",
            arg_joiner=" ->> ",
            output_field=TextField(),
        )
    elif watched.grouping == "user":
        named = Func(F("user_id"), Value(""), function="NULLIF", output_field=TextField())
    else:
        named = F(watched.grouping)
    return Left(named, MAX_CHARACTERS)
