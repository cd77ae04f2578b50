"""Reading what windows come to: from sums where they know it, else from rows. Nothing is written here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from alerts_app.rules.models import MAX_GROUPS, Baseline
from alerts_app.rules.quantities import Quantity, quantity_of, tree_behind, tree_of
from alerts_app.rules.row_values import row_values
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import Seen
from metrics_app.dashboard.narrowing import node_of
from metrics_app.measured import Asked, measure_groups
from metrics_app.reading import Question, ranking
from metrics_app.reading.moment import at_one_moment
from metrics_app.scope import Scope, scope_between
from requests_app.filter_language.tree import Node, conjunction

_WEEK = timedelta(weeks=1)
TOGETHER = ""
"""The group of those that are judged all together."""

Seens = dict[str, list[Seen]]


@at_one_moment()
def window_values(
    watched: Watched, *, organization_id: int, end: datetime, groups: Iterable[str] = ()
) -> dict[str, Seen]:
    """Returns what each group of the window that ends at `end` came to: `groups`, and those worth looking at.

    These are at most `MAX_GROUPS` with most of what is watched; of too little, with least, and those with most in the
    window before, which may have nothing in this one. Raises FilterError, and TooSlow.
    """
    edges = [end - watched.window, end]
    if not watched.dimension:
        names: Iterable[str] = [TOGETHER]
    else:
        names = dict.fromkeys([*groups, *_groups_of(watched, organization_id, edges)])
    found = series_values(watched, organization_id=organization_id, edges=edges, groups=list(names))
    return {group: seen for group, [seen] in found.items()}


@at_one_moment()
def series_values(
    watched: Watched, *, organization_id: int, edges: Sequence[datetime], groups: Sequence[str]
) -> Seens:
    """Returns what each of `groups` came to between each two of `edges`. Raises FilterError, and TooSlow."""
    if not groups:
        return {}
    found = _values(watched, organization_id, edges, groups)
    if watched.baseline == Baseline.LAST_WEEK:
        earlier = _values(watched, organization_id, [edge - _WEEK for edge in edges], groups)
        return {
            group: [
                Seen(one.value, one.requests, old.value)
                for one, old in zip(seens, earlier[group], strict=True)
            ]
            for group, seens in found.items()
        }
    return found


def requests_query(watched: Watched, *, organization_id: int, end: datetime, group: str) -> str:
    """Returns the query string of the list of requests that are behind what a group's window came to."""
    scope = scope_between(
        organization_id=organization_id, tree=tree_behind(watched), start=end - watched.window, end=end
    )
    return scope.requests_query(*_narrowing(watched, [group]))


def _groups_of(watched: Watched, organization_id: int, edges: Sequence[datetime]) -> list[str]:
    quantity = quantity_of(watched)
    start, end = edges[0], edges[-1]
    found = _ranked(watched, organization_id, [start, end], quantity, is_ascending=not watched.is_above)
    if not watched.is_above and quantity.of_nothing is not None:
        found += _ranked(watched, organization_id, [start - watched.window, start], quantity)
    return found


def _ranked(
    watched: Watched,
    organization_id: int,
    edges: Sequence[datetime],
    quantity: Quantity,
    *,
    is_ascending: bool = False,
) -> list[str]:
    question = Question(organization_id, tree_of(watched), edges, (watched.dimension,))
    found = ranking(
        question, order=quantity.order, at_most=MAX_GROUPS, is_ascending=is_ascending, measures=("requests",)
    )
    return [name for name, _ in found.rows]


def _values(
    watched: Watched, organization_id: int, edges: Sequence[datetime], groups: Sequence[str]
) -> Seens:
    scope = scope_between(
        organization_id=organization_id,
        tree=conjunction([tree_of(watched), *_narrowing(watched, groups)]),
        start=edges[0],
        end=edges[-1],
    )
    quantity = quantity_of(watched)
    if quantity.measure is None:
        return _of_rows(watched, scope, quantity, edges, groups)
    by = (watched.dimension,) if watched.dimension else ()
    asked = Asked((quantity.measure,), by, edges, len(groups))
    found = measure_groups(scope, asked, [(group,) if by else () for group in groups])
    return {
        group: [Seen(quantity.value(bar), bar.sums.requests) for bar in measured.bars]
        for group, measured in zip(groups, found.groups, strict=True)
    }


def _of_rows(
    watched: Watched, scope: Scope, quantity: Quantity, edges: Sequence[datetime], groups: Sequence[str]
) -> Seens:
    assert quantity.column is not None  # noqa: S101
    found: Mapping[tuple[int, str], Seen] = row_values(watched, scope, quantity.column, edges)
    nothing = Seen(quantity.of_nothing, 0)
    return {
        group: [found.get((bar, group), nothing) for bar, _ in enumerate(pairwise(edges))] for group in groups
    }


def _narrowing(watched: Watched, groups: Sequence[str]) -> list[Node]:
    """Returns the condition of a single group. Of several groups sums know more than a filter could say."""
    return [node_of(watched.dimension, groups[0])] if watched.dimension and len(groups) == 1 else []
