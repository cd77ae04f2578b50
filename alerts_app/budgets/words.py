"""Budgets and rate limits in words. Pure: no queries."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts_app.budgets.choices import window_in_words
from helicone_site import formats
from limits_app.rules import Budget, Period, RatePolicy, Subject, Then, Unit

_EACH = {Subject.API_KEY: "Each API key", Subject.USER: "Each user", Subject.MODEL: "Each model"}
_ONE = {Subject.API_KEY: "Key", Subject.USER: "User", Subject.MODEL: "Model"}
_PERIODS = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}


def whose(rule: Budget, key_names: Mapping[str, str]) -> str:
    """Returns whose spending a budget is about: `Everything`, `Each user`, `User ann`, `Team: search`."""
    if rule.subject is Subject.ORGANIZATION:
        return "Everything"
    if rule.value is None:
        return f"Each {rule.property_name}" if rule.subject is Subject.PROPERTY else _EACH[rule.subject]
    value = value_in_words(rule, rule.value, key_names)
    return (
        f"{rule.property_name}: {value}"
        if rule.subject is Subject.PROPERTY
        else f"{_ONE[rule.subject]} {value}"
    )


def is_each(rule: Budget) -> bool:
    """Returns whether each user, key, model or value has the amount for itself."""
    return rule.value is None and rule.subject is not Subject.ORGANIZATION


def value_in_words(rule: Budget, value: str, key_names: Mapping[str, str]) -> str:
    """Returns what a value is called: an API key by its name."""
    return key_names.get(value, f"key {value}") if rule.subject is Subject.API_KEY else value


def per_period(rule: Budget) -> str:
    """Returns `per month`, `in any 6 hours`."""
    if rule.period is Period.ROLLING:
        return f"in any {_of_any(rule.window_s)}"
    return f"per {_PERIODS[rule.period]}"


def this_period(rule: Budget, start: datetime) -> str:
    """Returns which period begins at `start`: `November`, `the week of Nov 23`, `Nov 29`, `the last 6 hours`."""
    local = start.astimezone(ZoneInfo(rule.zone))
    match rule.period:
        case Period.ROLLING:
            return f"the last {_of_any(rule.window_s)}"
        case Period.MONTH:
            return f"{local:%B}"
        case Period.WEEK:
            return f"the week of {local:%b} {local.day}"
    return f"{local:%b} {local.day}"


def then_in_words(rule: Budget) -> str:
    """Returns what happens to requests that would go over the amount, as a sentence."""
    match rule.then:
        case Then.BLOCK:
            return "Requests that would go over it are blocked."
        case Then.CHEAPER:
            return f"Requests that would go over it are sent to {rule.cheaper_model}."
    return "Requests pass all the same."


def pace(rule: Budget, spent_nanodollars: int, *, start: datetime, end: datetime, now: datetime) -> str:
    """Returns when the amount is used up, or what is spent at the end, if it goes on as it did so far in the period.

    "" where it is too early to say, for rolling windows, and for what is used up.
    """
    passed, whole = now - start, end - start
    if (
        rule.period is Period.ROLLING
        or passed < whole / 20
        or not 0 < spent_nanodollars < rule.amount_nanodollars
    ):
        return ""
    at_end = round(spent_nanodollars * (whole / passed))
    if at_end <= rule.amount_nanodollars:
        return f"At this pace {formats.money(at_end)} by the end."
    used_up = start + passed * (rule.amount_nanodollars / spent_nanodollars)
    local = used_up.astimezone(ZoneInfo(rule.zone))
    return f"At this pace used up on {local:%b} {local.day}, {local:%H:%M}."


def policy_in_words(policy: RatePolicy) -> str:
    """Returns `1,000 requests in any hour, for each user`."""
    what = f"{policy.quota:,} request" if policy.unit is Unit.REQUEST else f"{policy.quota:,} cent"
    plural = "" if policy.quota == 1 else "s"
    segment = policy.segment and f", for each {policy.segment}"
    return f"{what}{plural} in any {_of_any(policy.window_s)}{segment}"


def _of_any(window_s: int) -> str:
    """Returns `hour`, `6 hours`: what stands behind `any`."""
    return window_in_words(window_s).removeprefix("1 ")
