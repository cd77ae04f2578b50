"""How quickly the list of sessions answers, and what sessions cost the writer: `python -m bench.sessions`.

`--sessions` of them (a million) are made by SQL, with two requests each. Times are of the whole answer over HTTP.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from helicone_site.sql import load
from tests.instances import Instance

if TYPE_CHECKING:
    from ingest_app.events import LogEvent
    from tests.web_client import WebClient

SQL = Path(__file__).parent / "sql"
FILL_BATCH = 100_000
REPEATS = 5
WRITES, WRITTEN = 20, 500  # batches, and events of each
ALL = {"range": "90d"}
QUESTIONS: dict[str, dict[str, str]] = {
    "first view": {},
    "first view, all": ALL,
    "last hour": {"range": "1h"},
    "most recently active first": {**ALL, "sort": "-last_active_at"},
    "by name": {**ALL, "sort": "name"},
    "dearest first": {**ALL, "sort": "-cost"},
    "cheapest first": {**ALL, "sort": "cost"},
    "longest first": {**ALL, "sort": "-duration_ms"},
    "most requests first": {**ALL, "sort": "-requests"},
    "most tokens first": {**ALL, "sort": "-total_tokens"},
    "most errors first": {**ALL, "sort": "-errors"},
    "a name": {**ALL, "q": 'name:"Agent 3"'},
    "a seldom name": {**ALL, "q": 'name:"Agent 39"'},
    "a part of a name": {**ALL, "q": "name:*nt 39*"},
    "an id": {**ALL, "q": "id:{session_id}"},
    "a word, in name or id": {**ALL, "q": "{part}"},
    "a word that is nowhere": {**ALL, "q": "xyzzyplugh"},
    "a user": {**ALL, "q": "user:user-3"},
    "a seldom user": {**ALL, "q": "user:user-997"},
    "a seldom model": {**ALL, "q": "model:model-11"},
    "a cost that few exceed": {**ALL, "q": "cost>5"},
    "a cost that many exceed": {**ALL, "q": "cost>0.001"},
    "a duration that few exceed": {**ALL, "q": "duration>30m"},
    "many requests": {**ALL, "q": "requests>100"},
    "tokens that few exceed": {**ALL, "q": "tokens>5000000"},
    "errors": {**ALL, "q": "errors>0"},
    "a tag": {**ALL, "q": "tag:look"},
    "feedback": {**ALL, "q": "feedback:down"},
    "two fields": {**ALL, "q": "user:user-500 cost>0.1"},
    "one or the other": {**ALL, "q": "user:user-997 OR cost>5"},
    "a request that failed": {**ALL, "q": "request:status:500"},
    "a request with a property": {**ALL, "q": "property.Environment:staging"},
    "no request that failed": {**ALL, "q": "-request:status:500"},
    "a request of a seldom user that failed": {**ALL, "q": "request:(user:user-997 status:500)"},
    "names": {"names": "1"},
    "names, all": {"names": "1", **ALL},
}


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data") as instance:
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        for figure, value in _figures(instance, sessions):
            print(f"{value:>12}  {figure}", flush=True)


def _figures(instance: Instance, sessions: int) -> Iterator[tuple[str, str]]:
    from accounts_app.models import Organization, User
    from tests.web_client import WebClient

    organization = Organization.objects.get()
    some_id = _fill(organization.pk, sessions)
    client = WebClient(instance.url, User.objects.earliest("id"))
    page = f"/o/{organization.slug}/sessions/"
    for name, query in QUESTIONS.items():
        asked = {
            key: value.replace("{session_id}", some_id).replace("{part}", some_id[2:13])
            for key, value in query.items()
        }
        path = page + ("names/" if asked.pop("names", "") else "")
        taken, shown = _measured(client, f"{path}?{urlencode(asked)}")
        yield f"{name} ({shown})", f"{taken:,.0f} ms"
    yield from _writes(organization.pk)


def _fill(organization_id: int, sessions: int) -> str:
    """Returns the id of one of the sessions."""
    from django.db import connection

    from ingest_app.partitions import ensure_partitions, week_of

    now = datetime.now(UTC)
    ensure_partitions({week_of(now - timedelta(days=days)) for days in range(92)})
    with connection.cursor() as cursor:
        for first in range(0, sessions, FILL_BATCH):
            cursor.execute(
                load(SQL, "fill_sessions"),
                {
                    "organization_id": organization_id,
                    "sessions": sessions,
                    "first": first,
                    "last": min(first + FILL_BATCH, sessions) - 1,
                },
            )
        for field, column in (("session_name", "name"), ("user_id", "user_ids[1]"), ("model", "models[1]")):
            cursor.execute(
                "INSERT INTO known_value (organization_id, field, value, last_day)"  # noqa: S608 - our own columns
                f" SELECT DISTINCT organization_id, %s, {column}, current_date FROM session ON CONFLICT DO NOTHING",
                [field],
            )
        cursor.execute("VACUUM ANALYZE session, request")
        cursor.execute("SELECT md5(%s)::uuid::text", [str(sessions // 2)])
        return str(cursor.fetchone()[0])


def _measured(client: "WebClient", address: str) -> tuple[float, str]:
    """Returns the median of the milliseconds of some views, the first left out, and how many rows there are."""
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        page = client.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        assert page.status == 200, page.text
    found = re.search(r'<span id="count">(.*?)<', page.text)
    return median(taken[1:]), found[1] if found else f"{page.text.count('data-row=')} rows"


def _writes(organization_id: int) -> Iterator[tuple[str, str]]:
    """What an event costs the writer without a session, in one of a few sessions, and in one of its own each time."""
    from bench.pipeline import chat_event
    from ingest_app.stream import StreamEntry
    from ingest_app.writer import Batch, write

    def batch(sessions: int) -> "list[LogEvent]":
        from msgspec.structs import replace

        events = [chat_event(organization_id) for _ in range(WRITTEN)]
        # Of those that are stored already, so that rows change and are not only made.
        ids = [f"bench-{sessions}-{n}" for n in range(sessions)]
        return [replace(one, session_id=ids[n % sessions] if ids else "") for n, one in enumerate(events)]

    for sessions, name in ((0, "no session"), (20, "one of 20 sessions"), (WRITTEN, "a session of its own")):
        taken = []
        for _ in range(WRITES):
            entry = StreamEntry(
                f"{time.time_ns() // 1_000_000}-{uuid4().int >> 80}".encode(), batch(sessions)
            )
            began = time.perf_counter()
            write(Batch([entry]))
            taken.append((time.perf_counter() - began) / WRITTEN * 1e6)
        yield f"writing an event of {name}", f"{median(taken):,.0f} µs"


if __name__ == "__main__":
    main()
