"""Calls of the API, each tried again where that may help."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
import msgspec

from helicone_export.errors import ExportError
from helicone_export.progress import Progress
from helicone_export.rows import Fields, Row, row_of, rows_of

T = TypeVar("T")

_HELICONE_HOSTS = (".helicone.ai", ".hconeai.com")
_TIMEOUT = httpx2.Timeout(30, read=180)  # a count of many rows may take its time
_BODIES_AT_ONCE = 10
_LONGEST_PAUSE_S = 60
_TOLD_PAUSE_S = 3  # one that people would wonder about
_COUNT_FAILURES = 2  # an export can do without a count
_TOLD_CHARACTERS = 500


class Refused(ExportError):
    """The server says no, and would say so again."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GaveUp(ExportError):
    """It was tried as often as it may be. `status` is the last answer's; None where there was none."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status


class Answer(NamedTuple):
    """A page of rows, and the bytes that it took."""

    rows: list[Row]
    size: int


class Api:
    """The API below `base_url`. Used as an async context manager; `progress` is told of calls and pauses."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        max_retries: int,
        retry_delay_s: float,
        parallel: int,
        progress: Progress,
    ) -> None:
        self.base_url = base_url
        self.is_helicone = is_helicone(base_url)
        self._max_retries = max_retries
        self._retry_delay_s = retry_delay_s
        self._progress = progress
        self._places = asyncio.Semaphore(parallel)
        self._body_places = asyncio.Semaphore(_BODIES_AT_ONCE)
        self._closed_until = 0.0  # by time.monotonic(): a server that asks one call to wait means all of them
        self._client = httpx2.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=_TIMEOUT
        )
        # Whoever has a signed address may read it: the key is none of that server's business.
        self._bodies_client = httpx2.AsyncClient(timeout=_TIMEOUT, follow_redirects=True)

    async def __aenter__(self) -> "Api":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        await self._bodies_client.aclose()

    async def query(self, asked: dict[str, Any]) -> Answer:
        """Returns the rows of `/v1/request/query-clickhouse`. Raises Refused and GaveUp."""

        async def call() -> httpx2.Response:
            async with self._places:
                return await self._client.post("/v1/request/query-clickhouse", json=asked)

        what = f"{asked['limit']} requests from {asked['offset']}"
        return await self._tried(call, what, lambda content: Answer(rows_of(content), len(content)))

    async def count(self, asked: dict[str, Any]) -> int | None:
        """Returns how many requests the filter matches; None where the server can't tell. Raises Refused."""

        async def call() -> httpx2.Response:
            return await self._client.post("/v1/request/count/query", json=asked)

        try:
            return await self._tried(call, "a count", _count_of, failures=_COUNT_FAILURES)
        except (Refused, GaveUp) as error:
            if error.status in (None, 401, 403, 429):
                raise  # a query would fare no better
            self._progress.note(f"Not counted: {error}")
            return None

    async def row(self, request_id: str) -> Row | None:
        """Returns one request; None where there is none. Raises Refused and GaveUp."""

        async def call() -> httpx2.Response:
            return await self._client.get(f"/v1/request/{quote(request_id, safe='')}")

        try:
            return await self._tried(call, f"request {request_id}", row_of)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def bodies(self, signed_url: str) -> Fields:
        """Returns `request` and `response`, as JSON each, from a signed address. Raises Refused and GaveUp.

        Something else at that address counts as refused.
        """

        async def call() -> httpx2.Response:
            async with self._body_places:
                return await self._bodies_client.get(signed_url)

        try:
            return await self._tried(call, "bodies", msgspec.json.Decoder(Fields).decode)
        except GaveUp as error:
            if error.status is not None and httpx2.codes.is_success(error.status):
                raise Refused(error.status, str(error)) from error
            raise

    async def _tried(
        self,
        call: Callable[[], Awaitable[httpx2.Response]],
        what: str,
        read: Callable[[bytes], T],
        *,
        failures: int | None = None,
    ) -> T:
        """Returns what `read` makes of the answer. After so many `failures` of the server it gives up sooner."""
        failed = 0
        for attempt in range(self._max_retries + 1):
            await self._opened()
            status, asked_to_wait_s = None, None
            began = time.monotonic()
            try:
                response = await call()
            except (httpx2.RequestError, httpx2.InvalidURL) as error:
                problem = f"{type(error).__name__}: {error}".removesuffix(": ")
            else:
                status = response.status_code
                failed += status >= 500
                self._progress.note(f"{what}: {status} in {time.monotonic() - began:.2f} s")
                if response.is_success:
                    try:
                        return read(response.content)
                    except (msgspec.DecodeError, UnicodeDecodeError) as error:
                        problem = f"an answer that can't be read: {error}"
                else:
                    problem = self._problem(response, what)
                    asked_to_wait_s = _retry_after_s(response)
            if attempt == self._max_retries or failed == failures:
                break
            pause_s = self._pause_s(attempt, asked_to_wait_s)
            tell = self._progress.say if pause_s >= _TOLD_PAUSE_S else self._progress.note
            tell(f"{what}: {problem}; again in {pause_s:.1f} s")
            await asyncio.sleep(pause_s)
        raise GaveUp(f"No good answer after {attempt + 1} attempts ({what}): {problem}", status)

    def _problem(self, response: httpx2.Response, what: str) -> str:
        """Returns what went wrong, if another attempt may go better. Raises Refused."""
        status = response.status_code
        told = f"{status}: {_told(response)}"
        if status in (408, 425, 429) or status >= 500:
            return told
        if status == 401:
            raise Refused(status, f"{self.base_url} does not accept the key ({told})")
        if status == 403:
            raise Refused(status, f"The key may not read requests at {self.base_url} ({told})")
        if response.is_redirect:
            raise Refused(
                status, f"{self.base_url} leads on to {response.headers.get('Location')}: use that one"
            )
        raise Refused(status, f"{self.base_url} refuses ({what}): {told}")

    def _pause_s(self, attempt: int, asked_to_wait_s: float | None) -> float:
        if asked_to_wait_s is not None:
            # Not all of those that wait shall come back in the same moment.
            asked_to_wait_s += random.uniform(0, self._retry_delay_s)  # noqa: S311 # no secret
            self._closed_until = max(self._closed_until, time.monotonic() + asked_to_wait_s)
            return asked_to_wait_s
        longest_s = min(_LONGEST_PAUSE_S, self._retry_delay_s * 2**attempt)
        return random.uniform(longest_s / 2, longest_s)  # noqa: S311

    async def _opened(self) -> None:
        while (wait_s := self._closed_until - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)


def is_helicone(base_url: str) -> bool:
    """Returns whether it is Helicone's own cloud, rather than a server of one's own."""
    host = urlsplit(base_url).hostname or ""
    return f".{host}".endswith(_HELICONE_HOSTS)


def _count_of(content: bytes) -> int | None:
    data = msgspec.json.decode(content).get("data")
    return int(data) if isinstance(data, int | float | str) else None


def _told(response: httpx2.Response) -> str:
    """Returns what the server has to say about an error, in its own words."""
    text = " ".join(response.text.split())
    with suppress(msgspec.DecodeError):
        value = msgspec.json.decode(response.content)
        if isinstance(value, dict):
            text = str(value.get("error") or value.get("detail") or value.get("message") or text)
    return text[:_TOLD_CHARACTERS] or response.reason_phrase


def _retry_after_s(response: httpx2.Response) -> float | None:
    """Returns the pause that the server asks for, in seconds."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    with suppress(ValueError):
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    return None
