"""The whole dashboard over HTTP, a part of `bench.metrics`: its page, and what that asks for when it has loaded."""

import re
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from queue import SimpleQueue
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from bench.metrics_questions import Asked
from tests.web_client import Page, WebClient

AT_ONCE = 6  # connections that a browser opens to one server
REPEATS = 5
MOST_S = 10  # of the repeats
OK, REDIRECT = 200, 302


class Wanted(NamedTuple):
    """A piece of a page that is asked for when the rest is there, and the id of the element that it is for."""

    address: str
    target: str


class Dashboard(NamedTuple):
    """The milliseconds until a dashboard's page was there, and until all was; how many pieces came later."""

    page_ms: float
    whole_ms: float
    pieces: float


class Visitor(WebClient):
    """One connection of a browser that is logged in."""

    def piece(self, wanted: Wanted) -> Page:
        """Returns what htmx gets."""
        headers = {"HX-Request": "true", "HX-Target": wanted.target}
        return self._send(urllib.request.Request(self._origin + wanted.address, headers=headers))


def dashboard(visitors: list[Visitor], path: str, asked: Asked) -> Dashboard:
    """Returns the medians of some views, the first left out. Raises TimeoutError where an answer takes ten seconds."""
    query = {"start": asked.start.isoformat(), "end": asked.end.isoformat(), "q": asked.filter.ours}
    address = f"{path}?{urlencode(query)}"
    first = visitors[0].get(address)
    if first.status == REDIRECT:  # the page has an order of its own for its parameters
        address = first.location
    began, views = time.perf_counter(), [_viewed(visitors, address)]
    while len(views) < REPEATS + 1 and time.perf_counter() - began < MOST_S:
        views.append(_viewed(visitors, address))
    return Dashboard(*map(median, zip(*(views[1:] or views), strict=True)))


def _viewed(visitors: list[Visitor], address: str) -> Dashboard:
    began = time.perf_counter()
    page = visitors[0].get(address)
    page_ms = (time.perf_counter() - began) * 1000
    count, wanted = 0, list(_wanted_on_load(page))
    while wanted:
        count += len(wanted)
        wanted = [one for piece in _pieces(visitors, wanted) for one in _wanted_on_load(piece)]
    return Dashboard(page_ms, (time.perf_counter() - began) * 1000, count)


def _wanted_on_load(page: Page) -> Iterator[Wanted]:
    assert page.status == OK, f"{page.status} {page.text[:1000]}"
    for tag in re.findall(r"<[^>]*hx-get=[^>]*>", page.text):
        address, target = (re.search(rf'\b{name}="([^"]*)"', tag) for name in ("hx-get", "id"))
        if address and 'hx-trigger="load' in tag:
            yield Wanted(unescape(address[1]), target[1] if target else "")


def _pieces(visitors: list[Visitor], wanted: list[Wanted]) -> list[Page]:
    free: SimpleQueue[Visitor] = SimpleQueue()
    for visitor in visitors:
        free.put(visitor)

    def piece(one: Wanted) -> Page:
        visitor = free.get()
        try:
            return visitor.piece(one)
        finally:
            free.put(visitor)

    with ThreadPoolExecutor(len(visitors)) as pool:
        return list(pool.map(piece, wanted))
