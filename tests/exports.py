"""Calls of the export routes."""

import csv
import gzip
import io
import json
import urllib.parse
import urllib.request
from typing import Any

from tests.api import Api
from tests.events import wait_until


def fetch(api: Api, path: str, **query: Any) -> bytes:
    """Returns the file at `path`."""
    address = f"{api.url}{path}?{urllib.parse.urlencode(query, doseq=True)}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {api.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def csv_rows(data: bytes, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Returns the lines below the names."""
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


def json_lines(data: bytes) -> list[dict[str, Any]]:
    """Returns the objects."""
    return [json.loads(line) for line in data.splitlines()]


def parquet_columns(data: bytes) -> dict[str, list[Any]]:
    """Returns the values by column."""
    from arro3.io import read_parquet

    table = read_parquet(io.BytesIO(data)).read_all()
    return {name: table[name].to_pylist() for name in table.column_names}


def order(api: Api, **asked: Any) -> dict[str, Any]:
    """Returns the export as it stands after the order."""
    answer = api.send("POST", "/api/exports/", asked)
    assert answer.status == 201, answer.json
    return answer.json


def finished(api: Api, export: dict[str, Any]) -> dict[str, Any]:
    """Waits until nothing more happens to the export, and returns it then."""

    def look() -> dict[str, Any] | None:
        seen = api.get(f"/api/exports/{export['id']}/").json
        return None if seen["state"] in ("queued", "running") else seen

    return wait_until(look, within_s=40)


def unpacked(data: bytes) -> bytes:
    """Returns what the gzip file holds."""
    return gzip.decompress(data)
