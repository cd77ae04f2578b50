"""Langfuse's public API: its three lists are fetched into a file of their own first, since they are joined."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog

from ingest_app.dialects import UNREADABLE
from ingest_app.importing.http import Api, Refused
from ingest_app.importing.origins import Files, Found, Position
from ingest_app.importing.records import Unusable
from ingest_app.importing.report import Report

log = structlog.get_logger(__name__)

BASE_URLS = {"us": "https://us.cloud.langfuse.com", "eu": "https://cloud.langfuse.com"}
_FIRST = datetime(2023, 1, 1, tzinfo=UTC)
_TRACES_BEFORE = timedelta(days=1)  # a trace begins before what is observed in it
_PAGE_ROWS = 100
_TELL_EVERY_S = 10.0
# What an API answers that has no such list, or not with such parameters (any more).
_NOT_OFFERED = frozenset(
    (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.NOT_IMPLEMENTED)
)
_FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics"


class _Way(NamedTuple):
    """One way to ask for a list."""

    path: str
    times: tuple[str, str]  # the names of the parameters from and to
    parameters: dict[str, str | int]


# Each list, and the ways to ask for it: the first that is offered is taken.
_LISTS: dict[str, tuple[_Way, ...]] = {
    "traces": (
        _Way(
            "/api/public/traces",
            ("fromTimestamp", "toTimestamp"),
            {"fields": "core,io", "orderBy": "timestamp.asc"},
        ),
        _Way("/api/public/traces", ("fromTimestamp", "toTimestamp"), {}),
    ),
    "scores": (
        _Way("/api/public/v3/scores", ("fromTimestamp", "toTimestamp"), {}),
        _Way("/api/public/v2/scores", ("fromTimestamp", "toTimestamp"), {}),
        _Way("/api/public/scores", ("fromTimestamp", "toTimestamp"), {}),
    ),
    "observations": (
        _Way(
            "/api/public/v2/observations",
            ("fromStartTime", "toStartTime"),
            {"fields": f"{_FIELDS},trace_context"},
        ),
        _Way("/api/public/v2/observations", ("fromStartTime", "toStartTime"), {"fields": _FIELDS}),
        _Way("/api/public/observations", ("fromStartTime", "toStartTime"), {}),
    ),
}


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] = []
    meta: dict[str, Any] = {}


class _Progress(msgspec.Struct):
    """How far the fetching is: `size_bytes` of the file are whole pages."""

    until: str
    size_bytes: int = 0
    done: list[str] = []
    way: int = 0  # of the list at hand
    page: int = 1
    cursor: str = ""


class LangfuseApi:
    """Fetches everything between two times into `folder`, going on where it was broken off."""

    def __init__(
        self,
        api: Api,
        *,
        since: datetime | None,
        until: datetime | None,
        folder: Path,
        report: Report,
    ) -> None:
        self._api = api
        self._since = since or _FIRST
        self._until = until or datetime.now(UTC)
        self._folder = folder
        self._report = report
        self._files = Files([str(folder / "rows.jsonl")])
        self._is_fetched = False

    def found(self, start: Position | None) -> Iterator[Found]:
        if not self._is_fetched:
            self._fetch()
            self._is_fetched = True
        yield from self._files.found(start)

    def share(self) -> float:
        return self._files.share()

    def done(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _fetch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        progress = self._kept() or _Progress(self._until.isoformat())
        with (self._folder / "rows.jsonl").open("ab") as file:
            file.truncate(progress.size_bytes)
            for name, ways in _LISTS.items():
                if name not in progress.done:
                    self._fetch_list(name, ways, progress, file)

    def _fetch_list(self, name: str, ways: tuple[_Way, ...], progress: _Progress, file: Any) -> None:
        while progress.way < len(ways):
            try:
                self._fetch_pages(name, ways[progress.way], progress, file)
                break
            except Refused as error:
                if error.status not in _NOT_OFFERED or progress.page > 1 or progress.cursor:
                    raise
                progress.way += 1
        else:
            if name == "observations":
                raise Unusable(f"{self._api.base_url} offers no list of observations")
            self._report.lose(f"{name}: the API does not offer them")
        progress.done.append(name)
        progress.way, progress.page, progress.cursor = 0, 1, ""
        self._keep(progress, file)

    def _fetch_pages(self, name: str, way: _Way, progress: _Progress, file: Any) -> None:
        since = self._since - _TRACES_BEFORE if name == "traces" else self._since
        parameters: dict[str, str | int] = {
            way.times[0]: _iso(since),
            way.times[1]: _iso(datetime.fromisoformat(progress.until)),
            "limit": _PAGE_ROWS,
            **way.parameters,
        }
        number, told_at = 0, time.monotonic()
        while True:
            at: dict[str, str | int] = (
                {"cursor": progress.cursor} if progress.cursor else {"page": progress.page}
            )
            if "/v2/observations" in way.path or "/v3/" in way.path:
                at.pop("page", None)
            page = self._page(way.path, {**parameters, **at})
            file.writelines(bytes(row).replace(b"\n", b" ") + b"\n" for row in page.data)
            progress.cursor = str(page.meta.get("cursor") or page.meta.get("nextCursor") or "")
            progress.page += 1
            self._keep(progress, file)
            number += len(page.data)
            if time.monotonic() - told_at >= _TELL_EVERY_S:
                told_at = time.monotonic()
                log.info("fetching from Langfuse", list=name, rows=number)
            pages = page.meta.get("totalPages")
            if not progress.cursor and (not page.data or not isinstance(pages, int) or progress.page > pages):
                return

    def _page(self, path: str, parameters: dict[str, str | int]) -> _Page:
        answer = self._api.get(path, **parameters)
        try:
            return msgspec.json.decode(answer, type=_Page)
        except UNREADABLE as error:
            raise Unusable(
                f"{self._api.base_url}{path} answers something else than a list: {error}"
            ) from error

    def _kept(self) -> _Progress | None:
        with suppress(OSError, *UNREADABLE):
            return msgspec.json.decode((self._folder / "progress.json").read_bytes(), type=_Progress)
        return None

    def _keep(self, progress: _Progress, file: Any) -> None:
        """Note that what was written is whole pages, after it is on disk."""
        file.flush()
        os.fsync(file.fileno())
        progress.size_bytes = file.tell()
        draft = self._folder / "progress.json.new"
        draft.write_text(json.dumps(msgspec.to_builtins(progress)))
        draft.replace(self._folder / "progress.json")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
