"""The table of the Cost page, as cells and as a file. Pure: no queries."""

from collections.abc import Iterator
from dataclasses import dataclass

from metrics_app import rates
from metrics_app.costs.breakdown import Breakdown
from metrics_app.csv_files import CsvCell, dollars
from metrics_app.dashboard.narrowing import label_of
from metrics_app.drawing import Change, change
from metrics_app.reading import Sums
from metrics_app.reading.sums import NOTHING
from requests_app.columns import Column
from requests_app.paging import BadSort

DEFAULT_SORT = "-cost"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row; costs in nano-dollars, None where no price is known. `url` are its requests."""

    name: str
    sums: Sums
    share_percent: float | None
    change: Change | None
    url: str = ""

    @property
    def cost(self) -> int | None:
        return rates.known_cost(self.sums)

    @property
    def per_request(self) -> int | None:
        return rates.cost_per_request(self.sums)

    @property
    def per_mtok(self) -> int | None:
        """Returns what a million tokens cost; at least, where the price of some is unknown."""
        if self.cost is None or not self.sums.tokens:
            return None
        return round(_MILLION * self.cost / self.sums.tokens)


def columns(by: str) -> list[Column]:
    """Returns the columns of a table of what is told apart by `by`."""
    return [
        Column("name", label_of(by), "name"),
        Column("cost", "Cost", "cost", is_number=True),
        Column("share", "Share", is_number=True),
        Column("requests", "Requests", "requests", is_number=True),
        Column("prompt_tokens", "Tokens in", "prompt_tokens", is_number=True),
        Column("completion_tokens", "Tokens out", "completion_tokens", is_number=True),
        Column("cost_per_request", "Per request", "cost_per_request", is_number=True),
        Column("cost_per_token", "Per 1 M tokens", "known_cost_per_token", is_number=True),
        Column("change", "Change", is_number=True),
    ]


def read_sort(text: str | None) -> tuple[str, bool]:
    """Returns the order of `ranking` that `text` means, such as `-cost`, and whether it ascends. Raises BadSort."""
    text = text or DEFAULT_SORT
    order = text.removeprefix("-")
    sorts = [column.sort for column in columns("model") if column.sort]
    if order not in sorts:
        raise BadSort(f"Cannot sort by {order!r}: choose one of {', '.join(sorts)}.")
    return order, not text.startswith("-")


def rows(breakdown: Breakdown, list_url: str) -> list[Row]:
    """Returns the values in their order. Raises TooSlow and FilterError."""
    found = []
    for name, sums in breakdown.ranking.rows:
        before = breakdown.before.get(name)
        url = f"{list_url}?{breakdown.query_of(name)}"
        found.append(_row(breakdown, name, sums, before, url))
    return found


def sums_below(breakdown: Breakdown, list_url: str) -> list[Row]:
    """Returns what stands below: the values that are not shown, requests that have none, and all together."""
    ranking = breakdown.ranking
    hidden = ranking.values - len(ranking.rows)
    found = []
    if hidden:
        found.append(_row(breakdown, f"{hidden:,} other{'s' if hidden > 1 else ''}", breakdown.rest))
    if breakdown.without.requests:
        url = f"{list_url}?{breakdown.query_without}"
        label = label_of(breakdown.by)
        found.append(
            _row(
                breakdown,
                f"Without {label.lower() if breakdown.by == 'user' else label}",
                breakdown.without,
                url=url,
            )
        )
    url = f"{list_url}?{breakdown.scope.requests_query()}"
    return [*found, _row(breakdown, "All", breakdown.total, breakdown.total_before, url)]


def csv_lines(breakdown: Breakdown) -> Iterator[list[CsvCell]]:
    """Yields the table as lines of a CSV. Raises TooSlow and FilterError."""
    yield [
        label_of(breakdown.by), "cost (USD)", "share (percent)", "requests", "unpriced requests", "prompt tokens",
        "completion tokens", "cost per request (USD)", "cost per 1 M tokens (USD)", "cost before (USD)",
    ]  # fmt: skip
    for row in rows(breakdown, ""):
        sums, before = row.sums, breakdown.before.get(row.name, NOTHING)
        yield [
            row.name, dollars(row.cost), row.share_percent, sums.requests, sums.unpriced, sums.prompt_tokens,
            sums.completion_tokens, dollars(row.per_request), dollars(row.per_mtok), dollars(before.cost_nanodollars),
        ]  # fmt: skip


def _row(breakdown: Breakdown, name: str, sums: Sums, before: Sums | None = None, url: str = "") -> Row:
    return Row(
        name=name,
        sums=sums,
        share_percent=rates.percent(sums.cost_nanodollars, breakdown.total.cost_nanodollars),
        change=change(
            sums.cost_nanodollars,
            before.cost_nanodollars if before else None,
            unit="money",
            is_up_good=False,
        ),
        url=url,
    )
