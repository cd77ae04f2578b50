"""Helicone's live API, or another instance of ours: rows by their time, oldest first, and never by a deep offset."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE, table
from ingest_app.importing.http import Api
from ingest_app.importing.origins import Found, Position
from ingest_app.importing.records import Unusable
from ingest_app.importing.row import Row
from ingest_app.importing.values import time_us

BASE_URLS = {"us": "https://api.helicone.ai", "eu": "https://eu.api.helicone.ai"}
PAGE_ROWS = 1000
_QUERY = "/v1/request/query-clickhouse"
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_THEIRS = ("helicone.ai", "hconeai.com")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Renew = Callable[[Row], Row | None]


class HeliconeApi:
    """Asks for all rows between two times. Use it as a context manager.

    Pages begin at the time of the last row that is known; rows of that same time are told apart by their ids. So rows
    that come or go meanwhile move nothing.
    """

    def __init__(self, api: Api, *, since: datetime | None, until: datetime | None, now_us: int) -> None:
        self._api = api
        self._since_us = _us(since or _FIRST)
        self._until_us = _us(until) if until is not None else now_us
        self._now_us = now_us
        # Ours sends bodies along when it is asked to.
        self._extra = {} if self._is_theirs() else {"includeBodies": True}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._first_us: int | None = None
        self._at_us = self._since_us

    def __enter__(self) -> "HeliconeApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._api.close()

    def found(self, start: Position | None) -> Iterator[Found]:
        at_us = int(start["at_us"]) if start else self._since_us
        seen = set(start["seen"]) if start else set()
        offset = 0
        page = self._ask(at_us, offset)
        number = 0
        while True:
            got = page.result()
            moments = [self._moment(row) for row in got]
            more = len(got) >= PAGE_ROWS
            last_us = next((us for us in reversed(moments) if us is not None), at_us)
            # A whole page of one time: only then by an offset, among the rows of that time.
            next_offset = offset + len(got) if last_us == at_us else 0
            if more:
                page = self._ask(last_us, next_offset)  # while this one is translated
            for row, us in zip(got, moments, strict=True):
                id = row.text("helicone_id", "request_id")
                if us is not None and us != at_us:
                    at_us, seen = us, set()
                if id in seen:
                    continue
                seen.add(id)
                number += 1
                self._note(at_us)
                yield Found(row, f"request {id or number}", {"at_us": at_us, "seen": list(seen)})
            if not more:
                return
            offset = next_offset

    def share(self) -> float:
        first_us = self._first_us if self._first_us is not None else self._at_us
        whole = self._until_us - first_us
        return min(max((self._at_us - first_us) / whole, 0.0), 1.0) if whole > 0 else 0.0

    def done(self) -> None:
        """Nothing was kept."""

    def row_anew(self, row: Row) -> Row | None:
        """Returns the row with a fresh link to its bodies, None when it cannot be had."""
        id = row.text("helicone_id", "request_id")
        try:
            answer = self._api.get(f"/v1/request/{id}", includeBody="true")
            found = table(table(msgspec.json.decode(answer)).get("data"))
        except (Unusable, *UNREADABLE):
            return None
        return Row(found) if found else None

    def _ask(self, at_us: int, offset: int) -> "Future[list[Row]]":
        return self._pool.submit(self._page, at_us, offset)

    def _page(self, at_us: int, offset: int) -> list[Row]:
        body = {
            "filter": {
                "left": _time_filter("gte", at_us),
                "operator": "and",
                "right": _time_filter("lt", self._until_us),
            },
            "sort": {"created_at": "asc"},
            "limit": PAGE_ROWS,
            "offset": offset,
            **self._extra,
        }
        answer = self._api.post(_QUERY, body)
        try:
            decoded = _answer.decode(answer)
        except UNREADABLE as error:
            raise Unusable(f"{self._api.base_url} answers something else than JSON: {error}") from error
        if decoded.error is not None:
            raise Unusable(f"{self._api.base_url} answers: {decoded.error}")
        return [Row(one, sum(len(bytes(member)) for member in one.values())) for one in decoded.data or []]

    def _moment(self, row: Row) -> int | None:
        return time_us(row.get("request_created_at"), now_us=self._now_us)

    def _note(self, at_us: int) -> None:
        self._at_us = at_us
        if self._first_us is None:
            self._first_us = at_us

    def _is_theirs(self) -> bool:
        host = self._api.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
        return host.endswith(_THEIRS)


class _Answer(msgspec.Struct):
    data: list[dict[str, msgspec.Raw]] | None = None
    error: str | None = None


_answer = msgspec.json.Decoder(_Answer)


def _time_filter(operator: str, at_us: int) -> dict[str, Any]:
    return {"request_response_rmt": {"request_created_at": {operator: _iso(at_us)}}}


def _iso(at_us: int) -> str:
    at = _EPOCH + timedelta(microseconds=at_us)
    precision = "microseconds" if at_us % 1000 else "milliseconds"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
