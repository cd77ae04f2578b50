"""The ranked lists of a dashboard; each row narrows the view."""

from collections import defaultdict
from collections.abc import Callable

from metrics_app.dashboard.numbers import Numbers, added
from metrics_app.drawing import RankedRow, ranked
from metrics_app.reading import Sums
from metrics_app.reading.sums import Key
from requests_app.charts import Unit

ROWS = 8

Narrow = Callable[[str, str], str]  # from a field and its value to the address of the narrowed view


def top(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns what cost most of what the viewer chose to tell apart."""
    return _rows(numbers, _by_name(numbers.top_ones), numbers.top, narrow)


def top_models(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the models that cost most."""
    return _rows(numbers, _by_name(numbers.grouped(2)), "model", narrow)


def top_providers(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the providers that cost most."""
    return _rows(numbers, _by_name(numbers.grouped(1)), "provider", narrow)


def top_users(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the users that cost most."""
    return _rows(numbers, _by_name(numbers.users), "user", narrow)


def top_errors(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the errors that came most often."""
    found = _by_name(numbers.errors)
    values = sorted(((name, one.requests) for name, one in found.items()), key=lambda row: (-row[1], row[0]))
    total = sum(number for _, number in values)
    return ranked(values[:ROWS], unit="count", total=total, url_of=lambda name: narrow("error", name))


def _rows(numbers: Numbers, found: dict[str, Sums], field: str, narrow: Narrow) -> list[RankedRow]:
    """By cost; by requests where nothing has a known price."""
    has_costs = any(one.cost_nanodollars for one in found.values())
    unit: Unit = "money" if has_costs else "count"

    def measure(one: Sums) -> int:
        return one.cost_nanodollars if has_costs else one.requests

    values = sorted(((name, measure(one)) for name, one in found.items()), key=lambda row: (-row[1], row[0]))
    return ranked(
        values[:ROWS], unit=unit, total=measure(numbers.total), url_of=lambda name: narrow(field, name)
    )


def _by_name(found: dict[Key, Sums]) -> dict[str, Sums]:
    by_name: dict[str, list[Sums]] = defaultdict(list)
    for key, one in found.items():
        by_name[str(key[-1])].append(one)
    return {name: added(ones) if len(ones) > 1 else ones[0] for name, ones in by_name.items()}
