"""How a rule would have done: the windows that are past, and when it would have fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts_app.rules.quantities import quantity_of, tree_of
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import Seen, Step, bound_of, step
from alerts_app.rules.values import TOGETHER, series_values
from alerts_app.rules.windows import edges_before, even_end
from metrics_app.reading import Question, ranking
from metrics_app.reading.moment import at_one_moment

MOST_WINDOWS = 200
LEAST_WINDOWS = 12
MOST_GROUPS = 6
_PERIOD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Course:
    """One group ('' for all together), window by window, in the metric's unit.

    `spans` are the incidents that there would have been: the first and the last window of each.
    """

    group: str
    seen: list[Seen]
    bounds: list[float | None]
    spans: list[tuple[int, int]]

    @property
    def values(self) -> list[float | None]:
        """Returns the values that windows came to."""
        return [seen.value for seen in self.seen]


@dataclass(frozen=True, slots=True)
class Preview:
    """Windows one after the other between `edges`, of the largest groups. `groups` is how many groups there are."""

    edges: list[datetime]
    courses: list[Course]
    groups: int

    @property
    def fired(self) -> int:
        """Returns how often the rule would have fired, for the groups that are shown."""
        return sum(len(course.spans) for course in self.courses)


@at_one_moment()
def preview(watched: Watched, *, organization_id: int, now: datetime, windows: int | None = None) -> Preview:
    """Returns the last `windows` windows before `now`, of about a week when it is not said how many.

    Each window is judged once, and an incident is over with the first window that is well again: what is judged every
    minute fires at other moments, though hardly more or less often. Raises FilterError, and TooSlow.
    """
    number = windows or min(max(_PERIOD // watched.window, LEAST_WINDOWS), MOST_WINDOWS)
    edges = edges_before(watched, even_end(watched, now), number)
    names, groups = _groups(watched, organization_id, edges)
    found = series_values(watched, organization_id=organization_id, edges=edges, groups=names)
    return Preview(edges, [_course(watched, group, seen) for group, seen in found.items()], groups)


def _groups(watched: Watched, organization_id: int, edges: Sequence[datetime]) -> tuple[list[str], int]:
    if not watched.dimension:
        return [TOGETHER], 1
    question = Question(organization_id, tree_of(watched), [edges[0], edges[-1]], (watched.dimension,))
    order = quantity_of(watched).order
    found = ranking(question, order=order, at_most=MOST_GROUPS, measures=("requests",))
    return [name for name, _ in found.rows], found.values


def _course(watched: Watched, group: str, seen: list[Seen]) -> Course:
    spans: list[tuple[int, int]] = []
    began: int | None = None
    for number, one in enumerate(seen):
        # A window is many judgements long: it need not be well several times.
        moved = step(watched, one, quiet=None if began is None else watched.quiet_judgements)
        if moved.step is Step.FIRE:
            began = number
        elif moved.step is Step.RESOLVE and began is not None:
            spans.append((began, number - 1))
            began = None
    if began is not None:
        spans.append((began, len(seen) - 1))
    return Course(group, seen, [bound_of(watched, one) for one in seen], spans)
