"""The Health page: the verdict, the account, and what can be done about events that could not be stored."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect
from redis import Redis

from accounts_app.models import Role
from helicone_site.redis_client import sync_client
from ingest_app.account import HourBalance, balances
from ingest_app.counts import received_key
from ingest_app.dead_letters import DeadLetter, bury, newest
from ingest_app.health import ALL_WELL, REDIS_IS_SILENT, judge, look_at_health
from ingest_app.status import PipelineStatus
from tests.cast import Cast, make_cast
from tests.events import chat_event, log, wait_until
from tests.live import Stack
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
CALM = PipelineStatus(
    stream_entries=0,
    stream_bytes=0,
    stream_max_bytes=1000,
    spool_files=0,
    spool_bytes=0,
    dead_letters=0,
    dropped=0,
    worker_alive=True,
)


@pytest.fixture
def cast(stack: Stack) -> Iterator[Cast]:
    """An organization that leaves no dead letters behind."""
    cast = make_cast()
    yield cast
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dead_letter WHERE organization_id = %s", [cast.organization.pk])


@pytest.fixture
def url(cast: Cast) -> str:
    return reverse("health:page", args=[cast.organization.slug])


@pytest.fixture
def poisoned(cast: Cast) -> DeadLetter:
    """The letter of an event that no retry can store; one other event was stored."""
    log(chat_event(cast.organization.pk), chat_event(cast.organization.pk, status=10**6))
    wait_until(lambda: _sums(cast) == {"received": 2, "stored": 1, "dead": 1})
    return newest(cast.organization.pk)[0]


def _sums(cast: Cast) -> dict[str, int]:
    """Returns the account of the last day, without what is 0."""
    hours = balances(sync_client(), cast.organization.pk, now=datetime.now(UTC))
    names = ("received", "stored", "duplicates", "waiting", "dead", "dropped", "missing")
    sums = {name: sum(getattr(hour, name) for hour in hours) for name in names}
    return {name: number for name, number in sums.items() if number}


def _one_event_is_stored(cast: Cast) -> bool:
    hours = balances(sync_client(), cast.organization.pk, now=datetime.now(UTC), hours=72)
    return [hour.stored for hour in hours] == [1]


def _hour(**changes: int) -> HourBalance:
    names = ("received", "stored", "duplicates", "waiting", "dead", "dropped")
    return HourBalance(hour=NOW.replace(minute=0), **{**dict.fromkeys(names, 0), **changes})


def _pipeline(**changes: Any) -> PipelineStatus:
    fields = {name: getattr(CALM, name) for name in PipelineStatus.__slots__}
    return PipelineStatus(**{**fields, **changes})


@pytest.mark.parametrize(
    ("hours", "pipeline", "tone", "text"),
    [
        ([_hour(received=3, stored=2, waiting=1)], {}, "good", ALL_WELL),
        ([_hour(received=3, dropped=3)], {}, "bad", "3 events were dropped in the last 24 hours."),
        ([_hour(received=3, stored=2)], {}, "bad", "1 event was missing in the hour from Mar 04, 12:00."),
        ([_hour(stored=2)], {}, "bad", "2 events were too many in the hour from Mar 04, 12:00."),
        ([_hour(received=1), _hour(received=2)], {}, "bad", "The account does not balance in 2 hours."),
        ([], {"worker_alive": False}, "bad", "No worker is alive: events wait, and nothing is stored."),
        (
            [],
            {"spool_bytes": 4200},
            "warn",
            "The spool of this machine holds 4.2 kB to be replayed. Nothing is lost.",
        ),
        # Those are other organizations' losses.
        ([], {"dead_letters": 5, "dropped": 5}, "good", ALL_WELL),
    ],
)
def test_the_verdict_says_what_is_wrong(
    hours: list[HourBalance], pipeline: dict[str, Any], tone: str, text: str
) -> None:
    verdict = judge(hours, [], _pipeline(**pipeline))
    assert (verdict.tone, verdict.text) == (tone, text)


def test_the_verdict_is_about_a_day_however_long_the_account(cast: Cast) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=40)
    hour = int(long_ago.timestamp()) // 3600 * 3600
    sync_client().hset(received_key(hour), str(cast.organization.pk), 1)
    health = look_at_health(sync_client(), cast.organization.pk, now=datetime.now(UTC), hours=72)
    assert health.total.missing == 1
    assert health.verdict.text == ALL_WELL


def test_without_redis_the_verdict_says_so(cast: Cast) -> None:
    silent = Redis.from_url("redis://127.0.0.1:1")
    health = look_at_health(silent, cast.organization.pk, now=datetime.now(UTC), hours=24)
    assert (health.verdict.text, health.pipeline, health.hours) == (REDIS_IS_SILENT, None, [])


def test_a_new_organization_is_healthy(stack: Stack, cast: Cast, url: str) -> None:
    text = WebClient(stack.url, cast.people[Role.VIEWER]).get(url).text
    assert ALL_WELL in text
    assert "Nothing was received in this time." in text


def test_the_page_follows_what_is_stored_without_a_reload(
    new_page: Callable[..., Page], cast: Cast, url: str
) -> None:
    page = new_page(cast.people[Role.VIEWER])
    page.goto(url)
    page.evaluate("document.getElementById('account').dataset.seen = 'before'")
    log(*(chat_event(cast.organization.pk) for _ in range(3)))
    expect(page.locator("#account-total")).to_have_text(re.compile(r"Sum\s*3\s*3"))
    expect(page.locator("#verdict")).to_contain_text(ALL_WELL)
    # The part that scrolls is still the same.
    expect(page.locator("#account")).to_have_attribute("data-seen", "before")


def test_a_new_dead_letter_appears_without_a_reload(
    new_page: Callable[..., Page], cast: Cast, url: str
) -> None:
    page = new_page(cast.people[Role.ADMIN])
    page.goto(url)
    log(chat_event(cast.organization.pk, status=10**6))
    expect(page.get_by_role("button", name="Retry all")).to_be_visible()
    expect(page.locator("#verdict")).to_contain_text("Problem")
    page.evaluate("document.getElementById('letters').dataset.seen = 'before'")
    with page.expect_response(lambda answer: "letters=" in answer.url) as second:
        pass
    assert 'id="letters"' not in second.value.text()
    expect(page.locator("#letters")).to_have_attribute("data-seen", "before")


def test_a_dead_letter_is_tried_again_and_discarded(
    new_page: Callable[..., Page], cast: Cast, url: str, poisoned: DeadLetter
) -> None:
    page = new_page(cast.people[Role.ADMIN])
    page.goto(f"{url}?hours=72")
    expect(page.locator("#verdict")).to_contain_text("1 event could not be stored: see the dead letters.")
    expect(page.locator("#letters")).to_contain_text("1000000 is no status")

    page.get_by_role("button", name=f"Retry {poisoned.event_id}").click()
    expect(page.locator("#toasts")).to_contain_text(
        "still cannot be stored: ValueError: 1000000 is no status"
    )
    assert newest(cast.organization.pk) == [poisoned]

    page.get_by_role("button", name="Retry all").click()
    expect(page.locator("#toasts")).to_contain_text("Still cannot be stored: 1.")

    page.get_by_role("button", name=f"Discard {poisoned.event_id}").click()
    page.get_by_role("button", name="Discard event").click()
    expect(page.locator("#toasts")).to_contain_text("The event is discarded")
    expect(page.locator("#verdict")).to_contain_text("1 event was dropped in the last 24 hours.")
    expect(page).to_have_url(re.compile(r"\?hours=72$"))
    assert _sums(cast) == {"received": 2, "stored": 1, "dropped": 1}


def test_a_letter_whose_fault_was_mended_is_stored(stack: Stack, cast: Cast, url: str) -> None:
    event = chat_event(cast.organization.pk)
    with connection.cursor() as cursor:
        bury(cursor, [(event, "A fault that has been mended")])
    admin = WebClient(stack.url, cast.people[Role.ADMIN])
    assert "A fault that has been mended" in admin.get(url).text
    answer = admin.post(reverse("health:letter-retry-all", args=[cast.organization.slug]))
    assert "Events stored: 1." in admin.get(answer.location).text
    assert newest(cast.organization.pk) == []


def test_it_works_without_scripts(
    new_page: Callable[..., Page], cast: Cast, url: str, poisoned: DeadLetter
) -> None:
    page = new_page(cast.people[Role.ADMIN], java_script_enabled=False)
    page.goto(url)
    page.get_by_role("link", name="7 d").click()
    expect(page.get_by_role("link", name="7 d")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name=f"Discard {poisoned.event_id}").click()
    expect(page.locator("#toasts")).to_contain_text("The event is discarded")


@pytest.mark.parametrize("name", ["letter-retry", "letter-discard"])
@pytest.mark.parametrize("letter", ["", "x", "-1", "9" * 30, "999999999"])
def test_what_is_no_letter_is_not_found(stack: Stack, cast: Cast, name: str, letter: str) -> None:
    admin = WebClient(stack.url, cast.people[Role.ADMIN])
    path = reverse(f"health:{name}", args=[cast.organization.slug])
    assert admin.post(path, {"letter": letter}).status == 404


@pytest.mark.parametrize("name", ["letter-retry", "letter-discard"])
def test_letters_of_others_are_not_found_in_ones_own_organization(
    stack: Stack, cast: Cast, poisoned: DeadLetter, name: str
) -> None:
    own = cast.stranger.organizations.get()
    path = reverse(f"health:{name}", args=[own.slug])
    assert WebClient(stack.url, cast.stranger).post(path, {"letter": poisoned.id}).status == 404
    assert newest(cast.organization.pk) == [poisoned]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_admins_decide_about_letters(
    stack: Stack, cast: Cast, url: str, poisoned: DeadLetter, role: Role
) -> None:
    client = WebClient(stack.url, cast.people[role])
    text = client.get(url).text
    assert "1000000 is no status" in text
    assert "Discard" not in text
    assert "Retry" not in text
    path = reverse("health:letter-discard", args=[cast.organization.slug])
    assert client.post(path, {"letter": poisoned.id}).status == 403
    assert newest(cast.organization.pk) == [poisoned]


def test_hours_are_in_the_viewers_zone(new_page: Callable[..., Page], cast: Cast, url: str) -> None:
    noon = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=12)
    log(chat_event(cast.organization.pk, at_us=int(noon.timestamp()) * 1_000_000))
    wait_until(lambda: _one_event_is_stored(cast))
    page = new_page(cast.people[Role.VIEWER], timezone_id="Asia/Tokyo")
    page.goto(f"{url}?hours=72")
    page.goto(f"{url}?hours=72")  # the zone is known from the second page on
    expect(page.locator("#account-rows")).to_contain_text("21:00")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_keeps_nobody_out(
    new_page: Callable[..., Page],
    cast: Cast,
    url: str,
    poisoned: DeadLetter,
    theme: str,
    barriers: Callable[[Page], list[str]],
) -> None:
    page = new_page(cast.people[Role.ADMIN], color_scheme=theme)
    _bury_a_long_story(cast)
    page.goto(url)
    assert barriers(page) == []


def test_the_page_fits_a_phone(
    new_page: Callable[..., Page], cast: Cast, url: str, poisoned: DeadLetter
) -> None:
    page = new_page(cast.people[Role.ADMIN], viewport={"width": 390, "height": 844})
    _bury_a_long_story(cast)
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def _bury_a_long_story(cast: Cast) -> None:
    """Leave a letter with a long reason, which nobody received: so one event is too many."""
    with connection.cursor() as cursor:
        event = chat_event(cast.organization.pk)
        bury(cursor, [(event, "DataError: a value that does not fit " + "and goes on " * 40)])
        cursor.execute("UPDATE ledger SET dead = dead + 1 WHERE organization_id = %s", [cast.organization.pk])
