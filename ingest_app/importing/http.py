"""Asking an API for its data: tried again while that may help, with a key that goes to its own host only."""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2
import structlog

from ingest_app.importing.records import Unusable

log = structlog.get_logger(__name__)

TIMEOUT_S = 60.0
MAX_TRIES = 8
MAX_WAIT_S = 120.0
_FIRST_WAIT_S = 0.5
_MAX_REDIRECTS = 3
_TOLD_CHARACTERS = 300
_PASSING = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS))

Sleep = Callable[[float], None]


class Refused(Unusable):
    """The API does not answer this question, however often it is asked."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"the API answers {status}: {said}")
        self.status = status


class Api:
    """An API at one address. Close it."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        try:
            self._origin = _origin(httpx2.URL(self.base_url))
        except httpx2.InvalidURL as error:
            raise Unusable(f"{base_url} is no address: {error}") from error
        self._client = httpx2.Client(
            timeout=TIMEOUT_S,
            headers={"accept": "application/json", **(headers or {})},
            auth=auth,
            follow_redirects=False,  # a redirect may lead to somebody whom the key is no business of
        )
        self._sleep = sleep

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, path: str, **parameters: str | int) -> bytes:
        """Returns the body of the answer. Raises Refused, Unusable."""
        return self._ask("GET", path, params=parameters)

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Returns the body of the answer to JSON. Raises Refused, Unusable."""
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **given: Any) -> bytes:
        url = httpx2.URL(self.base_url + path)
        redirects = 0
        for attempt in range(MAX_TRIES):
            try:
                answer = self._client.request(method, url, **given)
            except httpx2.TransportError as error:
                self._wait(attempt, f"{type(error).__name__}: {error}", None)
                continue
            if answer.is_redirect and redirects < _MAX_REDIRECTS:
                redirects += 1
                url = self._redirected(url, answer)
            elif may_answer_later(answer.status_code):
                self._wait(attempt, f"status {answer.status_code}", answer.headers.get("retry-after"))
            elif answer.status_code >= 300:
                raise Refused(answer.status_code, answer.text[:_TOLD_CHARACTERS])
            else:
                return answer.content
        raise Unusable(f"{self.base_url}{path} gives no answer, also not the {MAX_TRIES}th time")

    def _redirected(self, url: httpx2.URL, answer: httpx2.Response) -> httpx2.URL:
        to = url.join(answer.headers.get("location", ""))
        if _origin(to) != self._origin:
            raise Refused(answer.status_code, f"it leads to {to.host}: the key stays here")
        return to

    def _wait(self, attempt: int, why: str, retry_after: str | None) -> None:
        if attempt + 1 < MAX_TRIES:
            pause_s = pause_before(attempt, retry_after)
            log.info("asking the API again", why=why, pause_s=round(pause_s, 1))
            self._sleep(pause_s)


def may_answer_later(status: int) -> bool:
    """Returns whether to ask again after an answer of this status."""
    return status in _PASSING or status >= 500


def pause_before(attempt: int, retry_after: str | None) -> float:
    """Returns how many seconds to wait after `attempt` (from 0): what the server asks for, else longer and longer."""
    if retry_after is not None:
        with suppress(ValueError):
            asked_s = (
                float(retry_after)
                if retry_after.strip().isdecimal()
                else parsedate_to_datetime(retry_after).timestamp() - time.time()
            )
            return min(max(asked_s, 0.0), MAX_WAIT_S)
    longest = _FIRST_WAIT_S * float(2**attempt)
    return min(longest, MAX_WAIT_S) * random.uniform(0.5, 1.0)  # noqa: S311 - apart from each other, not secret


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
