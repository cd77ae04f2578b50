"""The ranked lists of a dashboard; each row narrows the view."""

from collections import Counter
from collections.abc import Callable

from metrics_app.dashboard.numbers import ROWS, Numbers
from metrics_app.drawing import RankedRow, ranked
from metrics_app.reading import Sums
from requests_app.charts import Unit

Narrow = Callable[[str, str], str]  # from a field and its value to the address of the narrowed view


def top(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns what cost most of what the viewer chose to tell apart."""
    return _rows(numbers, numbers.dearest, numbers.top, narrow)


def top_models(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the models that cost most."""
    return _rows(numbers, numbers.dearest_of("model"), "model", narrow)


def top_providers(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the providers that cost most."""
    return _rows(numbers, numbers.dearest_of("provider"), "provider", narrow)


def top_users(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the users that cost most."""
    return _rows(numbers, numbers.dearest_of("user"), "user", narrow)


def top_errors(numbers: Numbers, narrow: Narrow) -> list[RankedRow]:
    """Returns the errors that came most often."""
    counts: Counter[str] = Counter()
    for (_, name), one in numbers.errors.items():
        counts[str(name)] += one.requests
    values = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return ranked(
        values[:ROWS], unit="count", total=counts.total(), url_of=lambda name: narrow("error", name)
    )


def _rows(numbers: Numbers, found: dict[str, Sums], field: str, narrow: Narrow) -> list[RankedRow]:
    """By cost; by requests where nothing has a known price."""
    has_costs = any(one.cost_nanodollars for one in found.values())
    unit: Unit = "money" if has_costs else "count"

    def measure(one: Sums) -> int:
        return one.cost_nanodollars if has_costs else one.requests

    values = [(name, measure(one)) for name, one in found.items()]
    return ranked(values, unit=unit, total=measure(numbers.total), url_of=lambda name: narrow(field, name))
