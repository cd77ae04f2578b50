"""The live feed: what happens reaches those who watch, within a second, each what it asked for."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import openai
import pytest
from django.conf import settings
from django.test import Client

from accounts_app import actions
from accounts_app.models import Role, User
from alerts_app.live.looks import event
from alerts_app.live.running import RunningRequests
from alerts_app.live.viewer import Viewer
from helicone_site.redis_client import sync_client
from ingest_app.events import now_us
from ingest_app.live import Announcement, rows_key
from tests.cast import make_cast
from tests.events import chat_event, log
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.live import Stack, Tenant
from tests.live_feed import Watcher, under_way

HELLO = [{"role": "user", "content": "Hello there"}]


@pytest.fixture
def watch(stack: Stack, organization: Tenant) -> Callable[..., Watcher]:
    """Returns a function that makes a viewer of the test's organization, with the list's parameters."""

    def make(**query: str) -> Watcher:
        last_id = query.pop("last_id", "")
        return Watcher(stack.url, key=organization.api_key, last_id=last_id, **query)

    return make


def ids(watcher: Watcher) -> list[str]:
    return [row["request_id"] for row in watcher.rows]


def logged_as(organization: Tenant, *names: str, **changes: Any) -> None:
    log(*(chat_event(organization.id, request_id=name, **changes) for name in names))


def test_a_request_is_there_within_a_second_of_its_answer(
    watch: Callable[..., Watcher], openai_client: openai.OpenAI
) -> None:
    with watch() as watcher:
        openai_client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, user="ada")
        answered_at = time.monotonic()
        [row] = watcher.wait_for(lambda: watcher.rows)
        arrived_at = watcher.named("requests")[0].at
    assert arrived_at - answered_at < 1
    assert (row["model"], row["status"], row["preview"], row["user_id"]) == (
        "gpt-4o-mini",
        200,
        "Hello there",
        "ada",
    )
    assert row["cost_usd"] > 0
    assert row["total_tokens"] == row["prompt_tokens"] + row["completion_tokens"]


def test_a_request_is_seen_while_it_runs(
    watch: Callable[..., Watcher],
    stack: Stack,
    organization: Tenant,
    scenario: Callable[..., dict[str, str]],
) -> None:
    headers = {
        **scenario(first=2.5),
        "Helicone-User-Id": "ada",
        "Helicone-Property-Team": "search",
        "Helicone-Session-Id": "s1",
    }
    with watch() as watcher, watch(user_id="ada") as of_ada, watch(status="success") as successes:
        with under_way(stack.url, organization.api_key, **headers) as call:
            [running] = watcher.wait_for(lambda: watcher.running)
            assert call.is_alive()
            assert not watcher.rows
        watcher.wait_for(lambda: watcher.rows and not watcher.running)
        assert watcher.rows[0]["id"] == running["id"]
        of_ada.wait_for(lambda: of_ada.rows and not of_ada.running)
        successes.wait_for(lambda: successes.rows)
    assert (running["model"], running["user_id"], running["session_id"]) == ("gpt-4o-mini", "ada", "s1")
    assert (running["properties"], running["preview"]) == ({"Team": "search"}, "Hello there")
    assert running.get("status") is None
    assert any(event.data["rows"] for event in of_ada.named("running"))
    # How it ends is not known before.
    assert not any(event.data["rows"] for event in successes.named("running"))


def test_who_comes_later_sees_what_runs(
    watch: Callable[..., Watcher],
    stack: Stack,
    organization: Tenant,
    scenario: Callable[..., dict[str, str]],
) -> None:
    with under_way(stack.url, organization.api_key, **scenario(first=3)), watch() as watcher:
        watcher.wait_for(lambda: watcher.running)
        with watch() as later:
            assert later.wait_for(lambda: later.running) == watcher.running


def test_each_sees_what_it_asked_for(watch: Callable[..., Watcher], organization: Tenant) -> None:
    with (
        watch() as everything,
        watch(q="model:gpt-4o* -user:bob") as some,
        watch(**{"property.Team": "search"}) as of_team,
        watch(range="1h") as latest,
    ):
        logged_as(organization, "a", model="gpt-4o", user_id="bob")
        logged_as(organization, "b", model="gpt-4o-mini", properties={"Team": "search"})
        logged_as(organization, "c", model="claude")
        logged_as(organization, "old", model="claude", at_us=now_us() - 7_200_000_000)
        everything.wait_for(lambda: len(everything.rows) == 4)
        latest.wait_for(lambda: len(latest.rows) == 3)
        some.wait_for(lambda: some.rows)
        of_team.wait_for(lambda: of_team.rows)
    assert sorted(ids(everything)) == ["a", "b", "c", "old"]
    assert sorted(ids(latest)) == ["a", "b", "c"]
    assert (ids(some), ids(of_team)) == (["b"], ["b"])


def test_who_comes_back_misses_nothing_and_gets_nothing_twice(
    watch: Callable[..., Watcher], organization: Tenant
) -> None:
    seen: list[str] = []
    names = [f"r{n}" for n in range(40)]
    last_id = ""
    for some in (names[at : at + 8] for at in range(0, len(names), 8)):
        with watch(last_id=last_id) as watcher:
            for name in some:
                logged_as(organization, name)
            # What comes next is logged while nobody is there.
            watcher.wait_for(lambda: watcher.rows)
            seen += ids(watcher)
            last_id = watcher.last_id
    with watch(last_id=last_id) as watcher:
        watcher.wait_for(lambda: len(seen) + len(watcher.rows) >= len(names))
        seen += ids(watcher)
    assert sorted(seen) == sorted(names)


def test_who_comes_back_too_late_is_told_so(watch: Callable[..., Watcher], organization: Tenant) -> None:
    with watch() as watcher:
        logged_as(organization, "a")
        watcher.wait_for(lambda: watcher.rows)
        last_id = watcher.last_id
    sync_client().delete(rows_key(organization.id))
    with watch(last_id=last_id) as watcher:
        watcher.wait_for(lambda: watcher.named("gap"))
        logged_as(organization, "b")
        watcher.wait_for(lambda: watcher.rows)
    assert ids(watcher) == ["b"]


def test_of_more_than_can_be_read_the_latest_come_and_the_others_are_counted(
    watch: Callable[..., Watcher], organization: Tenant
) -> None:
    with watch() as watcher:
        logged_as(organization, *(f"r{n}" for n in range(500)))
        told = watcher.wait_for(lambda: told_of(watcher) >= 500 and watcher.named("requests"))
    assert sum(event.data["count"] for event in told) == 500
    assert max(len(event.data["rows"]) for event in told) <= 200
    assert told[-1].data["rows"][0]["request_id"] == "r499"
    assert sum(event.data["skipped"] for event in told) == 500 - len(watcher.rows)


def told_of(watcher: Watcher) -> int:
    return sum(event.data["count"] for event in watcher.named("requests"))


def test_others_see_nothing(
    stack: Stack, watch: Callable[..., Watcher], organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    with watch() as watcher, Watcher(stack.url, key=other.api_key) as of_other:
        logged_as(organization, "ours")
        logged_as(other, "theirs")
        watcher.wait_for(lambda: watcher.rows)
        of_other.wait_for(lambda: of_other.rows)
    assert (ids(watcher), ids(of_other)) == (["ours"], ["theirs"])


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"q": "nonsense:1"}, 400, "nonsense"),
        ({"q": 'text:"in a body"'}, 400, "Bodies cannot be searched"),
        ({"q": "-response:secret"}, 400, "Bodies cannot be searched"),
        ({"range": "1y"}, 400, "range"),
        ({"form": "poem"}, 400, "form"),
        ({"last_event_id": "yesterday"}, 400, "last_event_id"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_words(
    watch: Callable[..., Watcher], query: dict[str, str], status: int, text: str
) -> None:
    with watch(**query) as watcher:
        assert watcher.status == status
        assert text in watcher.text()


@pytest.mark.parametrize("key", ["", "sk-helicone-nobody-nobody-nobody-nobody"])
def test_without_a_key_nobody_watches(stack: Stack, key: str) -> None:
    with Watcher(stack.url, key=key) as watcher:
        assert watcher.status == 401


def test_a_key_that_may_only_write_watches_nothing(stack: Stack, organization: Tenant) -> None:
    writes = actions.issue_api_key(organization=organization.organization, name="Writes", scope="w")
    with Watcher(stack.url, key=writes.secret) as watcher:
        assert watcher.status == 403


def test_in_a_browser_only_members_watch(stack: Stack) -> None:
    cast = make_cast()
    path = f"/o/{cast.organization.slug}/live/stream/"

    def status(user: User | None) -> int:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_cookie(user)}" if user else ""
        with Watcher(stack.url, path, cookie=cookie) as watcher:
            return watcher.status

    assert status(cast.people[Role.VIEWER]) == 200
    assert status(cast.stranger) == 404
    assert status(None) == 401


def session_cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_gateway_that_stops_takes_back_what_it_said(
    watch: Callable[..., Watcher],
    organization: Tenant,
    provider: ProviderHandle,
    scenario: Callable[..., dict[str, str]],
) -> None:
    with watch() as watcher, GatewayProcess(provider.url) as gateway:
        with under_way(gateway.url, organization.api_key, **scenario(first=1.5)):
            watcher.wait_for(lambda: watcher.running)
        watcher.wait_for(lambda: watcher.rows and not watcher.running)


# What needs half a minute outside


def announced(beat: int, *names: str) -> dict[bytes, bytes]:
    rows = [{"id": name} for name in names]
    return {b"gateway": msgspec.json.encode(Announcement(beat=beat, total=len(rows), requests=rows))}


def test_what_a_gateway_said_that_died_is_forgotten() -> None:
    running = RunningRequests()
    assert running.hear(announced(1, "a"), 0.0) == []
    assert running.hear(announced(1, "a"), 29.0) == []
    assert [row["id"] for row in running.rows] == ["a"]
    assert running.hear(announced(1, "a"), 31.0) == [b"gateway"]
    assert running.rows == []


def test_a_request_runs_until_its_row_is_there() -> None:
    running = RunningRequests()
    running.hear(announced(1, "a", "b"), 0.0)
    running.hear({}, 1.0)
    assert [row["id"] for row in running.rows] == ["a", "b"]
    running.end(["a"], 2.0)
    running.hear(announced(2, "a"), 3.0)  # a gateway that is a moment late
    assert [row["id"] for row in running.rows] == ["b"]
    running.hear({}, 12.0)
    assert running.rows == []


def test_a_slow_viewer_holds_one_event_and_is_told_how_many_it_missed() -> None:
    async def watched_slowly() -> tuple[bytes | None, bytes | None]:
        viewer = Viewer()
        for n in range(1000):
            viewer.offer_rows(b"rows %d;" % n, 3)
            viewer.offer_running(b"running %d;" % n)
        return await viewer.take(within_s=1), await viewer.take(within_s=0.01)

    first, second = asyncio.run(watched_slowly())
    assert first == event("skipped", {"count": 999 * 3}) + b"rows 999;running 999;"
    assert second == b""
