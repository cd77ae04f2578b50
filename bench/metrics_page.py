"""The whole dashboard over HTTP, a part of `bench.metrics`: its page, and whatever that asks for when it has loaded."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from queue import SimpleQueue
from statistics import median
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from bench.metrics_questions import Asked

if TYPE_CHECKING:
    from tests.web_client import WebClient

AT_ONCE = 6  # connections that a browser opens to one server
REPEATS = 5


class Dashboard(NamedTuple):
    """What a dashboard took, in milliseconds: its page, all that it asks for one after the other, and six at once.

    `whole_ms` is until all is there: the page, and what follows six at once.
    """

    panels: int
    page_ms: float
    panels_ms: float
    whole_ms: float


def dashboard(clients: "list[WebClient]", path: str, asked: Asked) -> Dashboard:
    """Returns the medians of some views, the first left out."""
    query = {"start": asked.start.isoformat(), "end": asked.end.isoformat(), "q": asked.filter.ours}
    address = f"{path}?{urlencode({**query, 'tz': asked.zone.key})}"
    views = [_view(clients, address) for _ in range(REPEATS + 1)][1:]
    return Dashboard(views[0].panels, *(median(column) for column in list(zip(*views, strict=True))[1:]))


def _view(clients: "list[WebClient]", address: str) -> Dashboard:
    began = time.perf_counter()
    page = clients[0].get(address)
    page_ms = (time.perf_counter() - began) * 1000
    assert page.status == 200, page.text
    panels = list(_asked_on_load(page.text))
    began = time.perf_counter()
    for panel in panels:
        _get(clients[0], panel)
    panels_ms = (time.perf_counter() - began) * 1000
    began = time.perf_counter()
    _get_all(clients, panels)
    return Dashboard(len(panels), page_ms, panels_ms, page_ms + (time.perf_counter() - began) * 1000)


def _asked_on_load(page: str) -> Iterator[str]:
    for tag in re.findall(r"<[^>]*hx-get=[^>]*>", page):
        address = re.search(r'hx-get="([^"]*)"', tag)
        if address and re.search(r'hx-trigger="[^"]*(load|revealed|intersect)', tag):
            yield unescape(address[1])


def _get_all(clients: "list[WebClient]", addresses: list[str]) -> None:
    free: SimpleQueue[WebClient] = SimpleQueue()
    for client in clients:
        free.put(client)

    def get(address: str) -> None:
        client = free.get()
        _get(client, address)
        free.put(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(get, addresses))


def _get(client: "WebClient", address: str) -> None:
    answer = client.get(address)
    assert answer.status == 200, f"{answer.status} {address}"
