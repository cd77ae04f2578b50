"""What a dashboard says, read out of its page."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.live import Stack, Tenant
from tests.web_client import Page, WebClient

_CARD = re.compile(
    r'<a class="stat" href="(?P<url>[^"]*)">\s*<span class="stat-label">(?P<label>.*?)</span>'
    r'\s*<strong class="stat-value" title="(?P<exact>.*?)">(?P<value>.*?)</strong>'
    r'\s*<span class="stat-change">(?P<change>.*?)</span>\s*<svg class="spark',
    re.DOTALL,
)
_LIST = r'<section class="ranked" aria-label="{title}">(.*?)</section>'
_ROW = re.compile(r'<a class="ranked-row" href="(?P<url>[^"]*)" title="(?P<name>[^"]*): (?P<exact>[^":]*)">')
_CHART = r'id="chart-{panel}-plot" data-plot="([^"]*)"'
_COUNT = re.compile(r'id="count">(about )?([\d,]+) request')


@dataclass(frozen=True)
class Card:
    """One number: as it is shown, with all its digits, and its change (with what it is compared with)."""

    value: str
    exact: str
    change: str
    url: str


@dataclass(frozen=True)
class Row:
    """A row of a ranked list."""

    name: str
    exact: str
    url: str


class DashboardPage:
    """The dashboard of one organization, as its owner sees it in `zone`."""

    def __init__(self, stack: Stack, tenant: Tenant, *, zone: str = "") -> None:
        self.client = WebClient(stack.url, tenant.owner, zone=zone)
        self.path = f"/o/{tenant.organization.slug}/dashboard/"

    def get(self, **query: str) -> Page:
        """Returns the page, its numbers on it however long they take."""
        return self.client.get(f"{self.path}?{urlencode({**query, 'wait': '1'})}")

    def cards(self, **query: str) -> dict[str, Card]:
        """Returns the cards by their labels."""
        return cards_in(self.get(**query).text)

    def rows(self, title: str, **query: str) -> list[Row]:
        """Returns the rows of the ranked list called `title`."""
        found = re.search(_LIST.format(title=title), self.get(**query).text, re.DOTALL)
        assert found is not None, f"there is no list {title}"
        return [Row(*map(unescape, row.group("name", "exact", "url"))) for row in _ROW.finditer(found[1])]

    def chart(self, panel: str, **query: str) -> dict[str, Any]:
        """Returns what is drawn in `panel`."""
        found = re.search(_CHART.format(panel=panel), self.get(**query).text)
        assert found is not None, f"there is no chart {panel}"
        chart: dict[str, Any] = json.loads(unescape(found[1]))
        return chart

    def csv(self, panel: str, **query: str) -> list[dict[str, str]]:
        """Returns the lines of the CSV of `panel`."""
        page = self.client.get(f"{self.path}{panel}.csv?{urlencode(query)}")
        assert page.status == 200, page.text
        return list(csv.DictReader(io.StringIO(page.text)))

    def listed(self, url: str) -> int:
        """Returns how many requests the list at `url` says there are."""
        page = self.client.get(url)
        found = _COUNT.search(page.text)
        assert found is not None, page.text[:500]
        assert not found[1]
        return int(found[2].replace(",", ""))


def cards_in(text: str) -> dict[str, Card]:
    """Returns the cards of a page by their labels."""
    return {
        unescape(found["label"]): Card(
            unescape(found["value"]),
            unescape(found["exact"]),
            " ".join(unescape(re.sub(r"<[^>]*>", "", found["change"])).split()),
            unescape(found["url"]),
        )
        for found in _CARD.finditer(text)
    }


def values(lines: Sequence[dict[str, str]]) -> list[list[str]]:
    """Returns the values of a CSV's lines, without where they begin and end."""
    return [list(line.values())[2:] for line in lines]


def period(start: datetime, end: datetime) -> dict[str, str]:
    """Returns the parameters of the period."""
    return {"start": start.isoformat(), "end": end.isoformat()}
