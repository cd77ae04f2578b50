"""Spending limits and rate limits as plain objects: a snapshot, so that the gateway never loads the ORM."""

from dataclasses import dataclass, field
from enum import StrEnum

CHANGED_CHANNEL = "helicone:limits:changed"


class Subject(StrEnum):
    """Whose spending a budget is about."""

    ORGANIZATION = "organization"
    API_KEY = "api_key"
    USER = "user"
    PROPERTY = "property"
    MODEL = "model"


class Period(StrEnum):
    """How long an amount has to do: by the calendar of the budget's time zone, or the time up to now."""

    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    ROLLING = "rolling"


class Then(StrEnum):
    """What happens to requests that would go over the amount."""

    WARN = "warn"  # they pass
    BLOCK = "block"  # 429
    CHEAPER = "cheaper"  # they pass, and go to another model


class Unit(StrEnum):
    """What a rate limit counts, as `Helicone-RateLimit-Policy` spells it."""

    REQUEST = "request"
    CENTS = "cents"


@dataclass(frozen=True, slots=True)
class Budget:
    """One spending limit. `value` is whose it is; None: each user, key, model or value of the property has its own."""

    id: int
    organization_id: int
    name: str
    subject: Subject
    amount_nanodollars: int
    period: Period
    then: Then
    value: str | None = None  # an API key's is its id
    property_name: str = ""  # in lower case, of the subject PROPERTY
    window_s: int = 0  # of ROLLING
    zone: str = "UTC"  # IANA's name
    cheaper_model: str = ""
    is_closed_when_unknown: bool = False  # what happens while Redis cannot say what was spent


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """So many requests or US cents in any `window_s` seconds: contract 1.4."""

    quota: int
    window_s: int
    unit: Unit = Unit.REQUEST
    segment: str = ""  # "": all together; "user"; or a property's name in lower case: each value alone


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit that is stored, for requests that bring no policy themselves."""

    id: int
    organization_id: int
    name: str
    policy: RatePolicy


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one organization that are switched on."""

    budgets: tuple[Budget, ...] = ()
    rates: tuple[RateLimit, ...] = ()


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Book:
    """The limits of all organizations that have any, by organization id."""

    limits: dict[int, Limits] = field(default_factory=dict)

    def of(self, organization_id: int) -> Limits:
        """Returns the limits of one organization."""
        return self.limits.get(organization_id, NO_LIMITS)
