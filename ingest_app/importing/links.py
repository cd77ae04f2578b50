"""Bodies that a row only points to: fetched from the links in the rows, several at a time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2
import structlog

from ingest_app.doors.manual.body import fields
from ingest_app.importing.http import MAX_TRIES, TIMEOUT_S, Sleep, may_answer_later, pause_before
from ingest_app.importing.row import Row

log = structlog.get_logger(__name__)

AT_ONCE = 10
# So many that have expired, and none that was good: the file is old, and nobody has fresh ones.
_MOST_EXPIRED = 200

Renew = Callable[[Row], Row | None]


class BodyLinks:
    """Fetches them, without any key: a link is good for whoever has it, for half an hour. Close it."""

    def __init__(self, *, renew: Renew | None = None, sleep: Sleep = time.sleep) -> None:
        """`renew` returns a row anew, with another link or with its bodies; None where there is nobody to ask."""
        self._renew = renew
        self._sleep = sleep
        self._expired = 0  # since the last good one
        self._client = httpx2.Client(
            timeout=TIMEOUT_S, follow_redirects=True, limits=httpx2.Limits(max_connections=AT_ONCE)
        )
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bodies")

    def close(self) -> None:
        """End its threads and connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def fetch(self, rows: Sequence[Row]) -> None:
        """Give each of `rows` its bodies, as far as they can be had."""
        for row, bodies in zip(rows, self._pool.map(self._bodies, rows), strict=True):
            row.fetched = bodies

    def _bodies(self, row: Row) -> tuple[bytes, bytes] | None:
        link = row.text("signed_body_url")
        if self._renew is None and self._expired >= _MOST_EXPIRED:
            return None
        found = self._linked(link) if link else None
        self._expired = self._expired + 1 if found is None else 0
        if found is None and self._renew is not None and (anew := self._renew(row)) is not None:
            other = anew.text("signed_body_url")
            found = self._linked(other) if other and other != link else None
            if found is None and not anew.json("request_body").startswith(b'{"helicone_message"'):
                found = anew.json("request_body"), anew.json("response_body")
        return found

    def _linked(self, link: str) -> tuple[bytes, bytes] | None:
        """Returns what is behind a link; None when it has expired or is none, or nobody answers."""
        for attempt in range(MAX_TRIES):
            retry_after = None
            try:
                answer = self._client.get(link)
            except httpx2.TransportError:
                pass  # broken off in the middle, perhaps
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
                return None
            else:
                if answer.status_code == 200:
                    bodies = fields(answer.content)
                    return None if bodies is None else _both(Row(bodies))
                if not may_answer_later(answer.status_code):
                    return None
                retry_after = answer.headers.get("retry-after")
            if attempt + 1 < MAX_TRIES:
                self._sleep(pause_before(attempt, retry_after))
        return None


def _both(row: Row) -> tuple[bytes, bytes]:
    return row.json("request"), row.json("response")
