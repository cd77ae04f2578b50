"""What somebody wants an alert to be, checked before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from alerts_app.notices.models import Channel
from alerts_app.rules.models import (
    COUNTS,
    MAX_HYSTERESIS_PERCENT,
    MAX_QUIET_JUDGEMENTS,
    MAX_WINDOW_MS,
    MIN_WINDOW_MS,
    Aggregation,
    Alert,
    Baseline,
    Condition,
    Metric,
)
from ingest_app.known_values import PROPERTY
from metrics_app.scope import check_tellable
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filters import FilterError

MAX_RECIPIENTS = 50
MAX_THRESHOLD = 1e15
GROUPINGS = {"user": "User", "model": "Model", "provider": "Provider"}
_MOST_DROP_PERCENT = 99


class BadRule(Exception):
    """A rule that cannot be judged: `field` is one of `Rule`, and `str()` says to people what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What an alert watches, and when that is wrong: the columns of `Alert` of these names."""

    metric: str
    threshold: float
    window_ms: int
    aggregation: str = Aggregation.SUM
    percentile: float | None = None
    condition: str = Condition.ABOVE
    baseline: str = Baseline.FIXED
    minimum_request_count: int | None = None
    query: str = ""
    grouping: str = ""
    grouping_is_property: bool = False
    hysteresis_percent: float = 10
    quiet_judgements: int = 2

    @property
    def window(self) -> timedelta:
        """Returns how long the stretch of time is that is looked at."""
        return timedelta(milliseconds=self.window_ms)

    @property
    def is_above(self) -> bool:
        """Returns whether too much is wrong, and not too little."""
        return self.condition == Condition.ABOVE

    @property
    def dimension(self) -> str:
        """Returns what is judged apart, as `metrics_app.reading.Question` calls it; '' for nothing."""
        return PROPERTY + self.grouping if self.grouping_is_property else self.grouping


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Watched):
    """What an alert watches, what it is called and whom it tells."""

    name: str
    filter: Any = None
    emails: Sequence[str] = ()
    slack_channels: Sequence[str] = ()
    channels: Sequence[Channel] = ()

    def columns(self) -> dict[str, Any]:
        """Returns the columns of `Alert` by name: all but the channels."""
        columns = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "channels"
        }
        return {**columns, "emails": list(self.emails), "slack_channels": list(self.slack_channels)}


WATCHED = tuple(field.name for field in fields(Watched))


def watched_by(alert: Alert) -> Watched:
    """Returns what `alert` watches."""
    return Watched(**{name: getattr(alert, name) for name in WATCHED})


def rule_of(alert: Alert) -> Rule:
    """Returns all that was ordered of `alert`."""
    names = (*WATCHED, "name", "filter", "emails", "slack_channels")
    return Rule(**{name: getattr(alert, name) for name in names}, channels=tuple(alert.channels.all()))


def checked(rule: Rule) -> Rule:
    """Returns `rule` with its query in the one spelling. Raises BadRule for what makes no sense."""
    _check_name(rule)
    _check_bound(rule)
    _check_window(rule)
    _check_aggregation(rule)
    if rule.grouping_is_property and not rule.grouping:
        raise BadRule("grouping", "Name the property.")
    if rule.grouping and not rule.grouping_is_property and rule.grouping not in GROUPINGS:
        raise BadRule("grouping", f"Group by {', '.join(GROUPINGS)}, or by a property.")
    if len(rule.emails) + len(rule.channels) + len(rule.slack_channels) > MAX_RECIPIENTS:
        raise BadRule("emails", f"Tell at most {MAX_RECIPIENTS}.")
    return replace(rule, query=_canonical(rule.query))


def _check_name(rule: Rule) -> None:
    longest = Alert._meta.get_field("name").max_length or 0
    if not rule.name.strip() or len(rule.name) > longest:
        raise BadRule("name", f"Give it a name of at most {longest} characters.")
    if rule.metric not in Metric.values:
        raise BadRule("metric", f"Choose one of {', '.join(Metric.values)}.")


def _check_bound(rule: Rule) -> None:
    if rule.condition not in Condition.values:
        raise BadRule("condition", "Choose above or below.")
    if rule.baseline not in Baseline.values:
        raise BadRule("baseline", "Choose fixed or last_week.")
    if not 0 < rule.threshold <= MAX_THRESHOLD:  # nor not a number
        raise BadRule("threshold", "Choose more than 0.")
    if rule.baseline == Baseline.FIXED and rule.metric == Metric.ERROR_RATE and rule.threshold > 100:
        raise BadRule("threshold", "An error rate is 100 percent at most.")
    if (
        rule.baseline == Baseline.LAST_WEEK
        and rule.condition == Condition.BELOW
        and rule.threshold > _MOST_DROP_PERCENT
    ):
        raise BadRule("threshold", f"Nothing falls by more than {_MOST_DROP_PERCENT} percent.")
    if not 0 <= rule.hysteresis_percent <= MAX_HYSTERESIS_PERCENT:
        raise BadRule("hysteresis_percent", f"Choose 0 to {MAX_HYSTERESIS_PERCENT} percent.")
    if not 1 <= rule.quiet_judgements <= MAX_QUIET_JUDGEMENTS:
        raise BadRule("quiet_judgements", f"Choose 1 to {MAX_QUIET_JUDGEMENTS}.")


def _check_window(rule: Rule) -> None:
    if not MIN_WINDOW_MS <= rule.window_ms <= MAX_WINDOW_MS:
        raise BadRule("window_ms", "Choose a minute to 30 days.")
    if not rule.minimum_request_count:
        return
    if rule.minimum_request_count < 0:
        raise BadRule("minimum_request_count", "Choose 0 or more.")
    if rule.metric == Metric.COUNT and rule.condition == Condition.BELOW:
        raise BadRule("minimum_request_count", "Too few requests are what this is about: leave it empty.")
    if rule.metric == Metric.RATE_LIMIT_HITS:
        raise BadRule(
            "minimum_request_count", "A number of rate-limit hits needs no minimum: leave it empty."
        )


def _check_aggregation(rule: Rule) -> None:
    if rule.aggregation not in Aggregation.values:
        raise BadRule("aggregation", f"Choose one of {', '.join(Aggregation.values)}.")
    if rule.aggregation != Aggregation.PERCENTILE:
        if rule.percentile is not None:
            raise BadRule("percentile", "This goes with the aggregation percentile only.")
    elif rule.metric in {*COUNTS, Metric.ERROR_RATE}:
        raise BadRule("aggregation", "A number of requests, or a share of them, has no percentile.")
    elif rule.percentile is None or not 0 < rule.percentile < 100:
        raise BadRule("percentile", "Choose one above 0 and below 100.")


def _canonical(query: str) -> str:
    try:
        tree = parse(query)
        check_tellable(tree)
    except FilterError as error:
        raise BadRule("query", str(error)) from error
    return print_filter(tree)
