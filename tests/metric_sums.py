"""What requests add up to, worked out in plain Python from their rows: what `metrics_app.reading` must answer."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import Any

from ingest_app.models import Price
from metrics_app.reading import Question, Sums
from requests_app.filter_language.compiling import compile_filter
from requests_app.models import Request
from requests_app.statuses import is_failure


def summed(question: Question) -> dict[tuple[Any, ...], Sums]:
    """Returns what `sums` must answer."""
    found: dict[tuple[Any, ...], Sums] = {}
    for key, rows in _grouped(question, question.by).items():
        found[key] = Sums(
            requests=len(rows),
            priced=sum(row.cost_nanodollars is not None for row in rows),
            unpriced=sum(row.cost_nanodollars is None and row.prompt_tokens is not None for row in rows),
            prompt_tokens=_total(rows, "prompt_tokens"),
            completion_tokens=_total(rows, "completion_tokens"),
            cache_read_tokens=_total(rows, "cache_read_tokens"),
            cache_write_tokens=_total(rows, "cache_write_tokens"),
            reasoning_tokens=_total(rows, "reasoning_tokens"),
            audio_tokens=_total(rows, "prompt_audio_tokens") + _total(rows, "completion_audio_tokens"),
            cache_hits=sum((row.cache_read_tokens or 0) > 0 for row in rows),
            latency_sum_ms=_total(rows, "latency_ms"),
            first_tokens=sum(row.time_to_first_token_ms is not None for row in rows),
            first_token_sum_ms=_total(rows, "time_to_first_token_ms"),
            streamed_tokens=sum(row.completion_tokens or 0 for row in rows if _streaming_ms(row)),
            streaming_sum_ms=sum(_streaming_ms(row) for row in rows),
            cost_nanodollars=_total(rows, "cost_nanodollars"),
            saved_nanodollars=sum(map(_saved, rows)),
            failures=sum(is_failure(row.status) for row in rows),
        )
    return found


def latencies(question: Question, column: str = "latency_ms") -> dict[tuple[Any, ...], list[int]]:
    """Returns `column` of the model calls of `question` that have it, sorted, as `spreads` tells them apart."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for key, rows in _grouped(question, question.by).items():
        values = [getattr(row, column) for row in rows if row.kind == ""]
        if known := sorted(value for value in values if value is not None):
            found[key[0], *map(str, key[1:])] = known
    return found


def users(question: Question) -> dict[tuple[Any, ...], int]:
    """Returns how many users made model calls, by bar."""
    found: dict[tuple[Any, ...], int] = {}
    for key, rows in _grouped(question, ()).items():
        if calls := [row for row in rows if row.kind == ""]:
            found[key] = len({row.user_id for row in calls} - {""})
    return found


def exact_quantile(values: Sequence[int], share: float) -> int:
    """Returns the value of rank ⌈share × n⌉ of sorted values."""
    return values[max(1, ceil(share * len(values))) - 1]


def _grouped(question: Question, by: tuple[str, ...]) -> dict[tuple[Any, ...], list[Request]]:
    condition = compile_filter(question.tree, organization_id=question.organization_id)
    grouped: dict[tuple[Any, ...], list[Request]] = defaultdict(list)
    for row in Request.objects.filter(condition, organization_id=question.organization_id):
        if not question.edges[0] <= row.created_at < question.edges[-1]:
            continue
        bar = bisect_right(list[datetime](question.edges), row.created_at) - 1
        keys = [_value(row, name) for name in by]
        if None not in keys:
            grouped[bar, *keys].append(row)
    return grouped


def _value(row: Request, name: str) -> Any:
    if name in {"user", "error"}:
        return (row.user_id if name == "user" else row.error) or None
    if name.startswith("properties."):
        return row.properties.get(name.removeprefix("properties."))
    return getattr(row, name)


def _total(rows: list[Request], name: str) -> int:
    return sum(_numbers(rows, name))


def _numbers(rows: list[Request], name: str) -> Iterator[int]:
    return (getattr(row, name) or 0 for row in rows)


def _streaming_ms(row: Request) -> int:
    if row.time_to_first_token_ms is None or not row.completion_tokens:
        return 0
    return max(row.latency_ms - row.time_to_first_token_ms, 0)


def _saved(row: Request) -> int:
    if not row.cache_read_tokens or row.price_id is None:
        return 0
    usd = Price.objects.get(id=row.price_id).usd_per_mtok
    if "prompt" not in usd or "cache_read" not in usd:
        return 0
    saved = (
        row.cache_read_tokens * 1000 * max(Decimal(usd["prompt"]) - Decimal(usd["cache_read"]), Decimal(0))
    )
    return int(saved.quantize(Decimal(1), ROUND_HALF_UP))
