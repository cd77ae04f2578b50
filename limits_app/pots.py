"""Where what is used up of a limit is kept in Redis, and whose a request takes from.

A pot is a hash of one limit and one subject (a user, a key, …): slot of time → what was used in it. A calendar's pot
is of one period and has the sum in the field `t`; a window's is of the last slots, of which all that the window touches
count. `r` is what is reserved, and the sorted set `<pot>:held` says by which requests and until when.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from limits_app.periods import span_of
from limits_app.rules import Budget, Period, RatePolicy, Subject

SLOTS = 60
"""Of a window: what was used is free again at most a sixtieth of the window too late, never too early."""

_HOUR_MS = 3_600_000
_SLOT_MS = {Period.DAY: _HOUR_MS, Period.WEEK: 24 * _HOUR_MS, Period.MONTH: 24 * _HOUR_MS}
# A request may end, and be stored, after the period in which it began.
_KEPT_AFTER_MS = 2 * 24 * _HOUR_MS


class Pot(NamedTuple):
    """One pot at one moment."""

    key: str
    slot_ms: int
    slot: int  # the moment's
    first_slot: int  # of those that count; -1: all, by the calendar
    expires_at_ms: int  # since the epoch
    free_at: datetime | None  # when a calendar's pot is full again; None of a window's

    def slot_of(self, at: datetime) -> int:
        """Returns the slot of another moment."""
        return epoch_ms(at) // self.slot_ms


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a request is about, as its row says it."""

    api_key_id: int | None = None
    user_id: str = ""
    models: Sequence[str] = ()  # that it asks for; with more names than one all count
    properties: Mapping[str, str] = field(default_factory=dict)

    def property_value(self, name: str) -> str:
        """Returns the value of a property by its name in lower case, "" where there is none."""
        return next((value for key, value in self.properties.items() if key.lower() == name), "")


def subjects_of(budget: Budget, about: About) -> Iterator[str]:
    """Yields the subjects of `budget` whose spending the request is: mostly one or none."""
    for subject in _subjects(budget, about):
        if budget.value is None or budget.value == subject or budget.subject is Subject.ORGANIZATION:
            yield subject


def _subjects(budget: Budget, about: About) -> Sequence[str]:
    match budget.subject:
        case Subject.ORGANIZATION:
            return ("",)
        case Subject.API_KEY:
            return (str(about.api_key_id),) if about.api_key_id is not None else ()
        case Subject.USER:
            return (about.user_id,) if about.user_id else ()
        case Subject.PROPERTY:
            value = about.property_value(budget.property_name)
            return (value,) if value else ()
        case Subject.MODEL:
            return tuple(dict.fromkeys(about.models))


def budget_pot(budget: Budget, subject: str, at: datetime) -> Pot:
    """Returns the pot of a budget's subject ("" for the organization) in the period or window of `at`."""
    at_ms = epoch_ms(at)
    head = f"{budget_key(budget.id)}:"
    if budget.period is Period.ROLLING:
        window_ms = budget.window_s * 1000
        slot_ms = window_slot_ms(budget.window_s)
        return Pot(
            f"{head}0:v:{subject}",
            slot_ms,
            at_ms // slot_ms,
            (at_ms - window_ms) // slot_ms,
            at_ms + window_ms + 2 * slot_ms,
            None,
        )
    span = span_of(budget.period, budget.zone, at)
    slot_ms = _SLOT_MS[budget.period]
    start_ms, end_ms = epoch_ms(span.start), epoch_ms(span.end)
    return Pot(
        f"{head}{start_ms}:v:{subject}", slot_ms, at_ms // slot_ms, -1, end_ms + _KEPT_AFTER_MS, span.end
    )


def free_at(budget: Budget, pot: Pot, oldest_slot: int | None) -> datetime | None:
    """Returns when a subject may spend again: the period's end, or when the oldest slot leaves the window.

    None where nothing is spent that a window could lose.
    """
    if pot.free_at is not None or oldest_slot is None:
        return pot.free_at
    end_ms = (oldest_slot + 1) * pot.slot_ms + budget.window_s * 1000
    return datetime.fromtimestamp(end_ms / 1000, UTC)


def budget_key(budget_id: int) -> str:
    """Returns how all keys of a budget begin."""
    return f"helicone:budget:{budget_id}"


def ready_key(budget_id: int) -> str:
    """Returns the key that exists while Redis knows what was spent of a budget."""
    return f"{budget_key(budget_id)}:ready"


def top_key(pot: Pot) -> str:
    """Returns the sorted set of the subjects that spent most in the period of `pot`."""
    return pot.key.partition(":v:")[0] + ":top"


def rate_key(organization_id: int, rate_limit_id: int | None, policy: RatePolicy, value: str) -> str:
    """Returns the pot of a rate limit's segment. Without an id it is a policy's of a request's own."""
    whose = "policy" if rate_limit_id is None else str(rate_limit_id)
    return (
        f"helicone:rate:{organization_id}:{whose}:{policy.window_s}:{policy.unit}:{policy.segment}:v:{value}"
    )


def segment_of(policy: RatePolicy, about: About) -> str | None:
    """Returns whose requests are counted together: "" all, None where the request has no such value."""
    if not policy.segment:
        return ""
    value = about.user_id if policy.segment == "user" else about.property_value(policy.segment)
    return value or None


def record_key(request_id: str) -> str:
    """Returns the hash of what one request reserved, or cost: pot → state."""
    return f"helicone:limits:of:{request_id}"


def window_slot_ms(window_s: int) -> int:
    """Returns how long a slot of a window is."""
    return -(-window_s * 1000 // SLOTS)


def epoch_ms(at: datetime) -> int:
    """Returns milliseconds since the epoch."""
    return int(at.timestamp() * 1000)
