"""Each logged request is told to each webhook that wants it: once if all goes well, again for a day if not."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from alerts_app.models import Delivery, DeliveryState, Notice, Webhook, WebhookHour
from alerts_app.webhooks import actions
from alerts_app.webhooks.models import UNFINISHED, Attempt
from alerts_app.webhooks.schedule import RETRIED_FOR, next_attempt_at
from alerts_app.webhooks.taking import take
from alerts_app.webhooks.tasks import ROUND_LOCK
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_rows
from ingest_app.short_locks import one_at_a_time
from tests.conftest import PROJECT
from tests.events import chat_event, log, wait_until
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.metric_rows import write_all
from tests.webhook_receivers import Receiver, have_due, settled

pytest_plugins = ("tests.webhook_fixtures",)

Subscribe = Callable[..., Webhook]
LogRequests = Callable[..., list[str]]


def test_a_logged_request_is_told_once(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests, organization: Tenant
) -> None:
    webhook = subscribe()
    [id] = log_requests(user_id="ada", properties={"Environment": "production"})
    [delivery] = settled(webhook)
    assert (delivery.state, delivery.last_status) == (DeliveryState.DELIVERED, 200)
    [heard] = receiver.at(webhook.destination)
    assert heard.delivery_id == delivery.id
    assert heard.headers["Helicone-Delivery-Attempt"] == str(delivery.attempts)
    payload = heard.payload
    url = payload.pop("request_response_url")
    assert payload == {
        "request_id": id,
        "request_body": '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}',
        "response_body": payload["response_body"],
        "user_id": "ada",
        "model": "gpt-4o",
        "provider": "OPENAI",
        "metadata": {
            "cost": 0.00045,
            "promptTokens": 100,
            "completionTokens": 20,
            "totalTokens": 120,
            "latencyMs": 500,
        },
    }
    with urllib.request.urlopen(url) as answer:
        whole = json.load(answer)
    assert whole["request"]["messages"][0]["content"] == "Hello"
    attempt = Attempt.objects.get(delivery=delivery)
    assert (attempt.number, attempt.status, attempt.answer, attempt.is_delivered) == (1, 200, "okay", True)


def test_an_event_that_comes_twice_is_told_once(
    receiver: Receiver, subscribe: Subscribe, organization: Tenant, log_requests: LogRequests
) -> None:
    webhook = subscribe()
    event = chat_event(organization.id, keeps_time=False)
    log(event)
    settled(webhook)
    log(event)  # an entry that a dead worker had written and not acknowledged
    [last] = log_requests()
    settled(webhook, 2)
    assert [one.payload["request_id"] for one in receiver.at(webhook.destination)] == [str(event.id), last]


def test_each_webhook_is_told(receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests) -> None:
    webhooks = [subscribe(), subscribe(includeData=False)]
    ids = set(log_requests(5))
    for webhook in webhooks:
        settled(webhook, 5)
        assert {one.payload["request_id"] for one in receiver.at(webhook.destination)} == ids
    assert "model" not in receiver.at(webhooks[1].destination)[0].payload


def test_only_requests_with_all_the_properties_are_told(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests
) -> None:
    filters = [{"key": "Environment", "value": "production"}, {"key": "Tier", "value": ""}]
    webhook = subscribe(config={"propertyFilters": filters})
    log_requests(properties={"Environment": "production"})
    log_requests(properties={"Environment": "Production", "Tier": ""})
    [id] = log_requests(properties={"Environment": "production", "Tier": "", "More": "x"})
    settled(webhook)
    assert [one.payload["request_id"] for one in receiver.at(webhook.destination)] == [id]


def test_a_sample_is_about_as_large_as_asked_and_nothing_of_none(
    subscribe: Subscribe, log_requests: LogRequests, wait_for_rows: Callable[..., Any], organization: Tenant
) -> None:
    half, none, all_ = (subscribe(config={"sampleRate": percent}) for percent in (50, 0, 100))
    log_requests(200)
    settled(all_, 200)
    assert 60 < Delivery.objects.filter(webhook=half).count() < 140
    assert not Delivery.objects.filter(webhook=none).exists()


def test_history_that_is_brought_in_is_not_told(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests, organization: Tenant
) -> None:
    webhook = subscribe()
    log(chat_event(organization.id, keeps_time=True))
    [id] = log_requests()
    settled(webhook)
    assert [one.payload["request_id"] for one in receiver.at(webhook.destination)] == [id]


def test_large_bodies_are_replaced_by_a_sentence(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests
) -> None:
    webhook = subscribe()
    log_requests(text="x" * 20_000)
    settled(webhook)
    [heard] = receiver.at(webhook.destination)
    assert heard.payload["request_body"].startswith("Body too large for webhook")


@pytest.mark.parametrize(
    ("way", "status", "says"),
    [
        ("500", 500, "It answered 500."),
        ("404", 404, "It answered 404."),
        ("302 http://169.254.169.254/latest/meta-data/", 302, "a redirect, which is not followed"),
        ("reset", None, "Cannot be reached"),
    ],
)
def test_what_fails_is_sent_again_under_the_same_id(
    receiver: Receiver,
    subscribe: Subscribe,
    log_requests: LogRequests,
    way: str,
    status: int | None,
    says: str,
) -> None:
    webhook = subscribe(way, "204")
    log_requests()
    [delivery] = settled(webhook)
    assert (delivery.state, delivery.last_status) == (DeliveryState.FAILED, status)
    assert says in delivery.last_outcome
    # Another test may have killed a worker that had just taken it: that counts as an attempt.
    about_s = 10 * 3 ** (delivery.attempts - 1)
    assert about_s / 2 < (delivery.next_attempt_at - timezone.now()).total_seconds() < about_s * 1.5

    have_due(webhook)
    wait_until(lambda: Delivery.objects.get(pk=delivery.pk).state == DeliveryState.DELIVERED)
    first, second = receiver.at(webhook.destination)
    assert first.delivery_id == second.delivery_id == delivery.id
    assert second.headers["Helicone-Delivery-Attempt"] == str(delivery.attempts + 1)
    assert first.payload["request_body"] == second.payload["request_body"]
    [hour] = WebhookHour.objects.filter(webhook=webhook)
    assert (hour.delivered, hour.failed) == (1, 1)


def test_targets_that_hang_hold_up_nobody_else(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests
) -> None:
    hanging, dripping, quick = subscribe("hang"), subscribe("drip head"), subscribe("200")
    log_requests(30)
    told = max(one.finished_at for one in settled(quick, 30) if one.finished_at)
    for webhook in (hanging, dripping):
        settled(webhook, 1, within_s=30)
        tried = Attempt.objects.filter(delivery__webhook=webhook).order_by("began_at").first()
        assert tried is not None
        assert (tried.status, tried.outcome) == (None, "No answer within 10 s.")
        assert told < tried.began_at + timedelta(seconds=10)
        actions.delete_webhook(webhook=webhook)


def test_an_answer_whose_body_drips_counts_by_its_status(
    subscribe: Subscribe, log_requests: LogRequests
) -> None:
    webhook = subscribe("drip")
    log_requests()
    [delivery] = settled(webhook)
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.last_duration_ms is not None
    assert delivery.last_duration_ms < 5000


def test_the_target_is_looked_at_each_time(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests
) -> None:
    webhook = subscribe()
    Webhook.objects.filter(pk=webhook.pk).update(destination="https://127.0.0.1:1/")
    log_requests()
    [delivery] = settled(webhook)
    assert "private network" in delivery.last_outcome
    assert delivery.state == DeliveryState.FAILED


def test_after_a_day_it_is_given_up(subscribe: Subscribe, log_requests: LogRequests) -> None:
    webhook = subscribe("503")
    log_requests()
    settled(webhook)
    Delivery.objects.filter(webhook=webhook).update(retried_until=timezone.now())
    have_due(webhook)
    wait_until(lambda: Delivery.objects.get(webhook=webhook).state == DeliveryState.GIVEN_UP)


def test_attempts_come_ever_later_and_about_ten_in_a_day() -> None:
    now = timezone.now()
    until, at, moments = now + RETRIED_FOR, now, [now]
    while (next_at := next_attempt_at(attempts=len(moments), now=at, until=until)) is not None:
        at = next_at
        moments.append(at)
    assert 9 <= len(moments) <= 12
    assert moments[-1] > now + timedelta(hours=12)
    assert (moments[1] - now).total_seconds() < 13


def test_a_request_that_is_gone_is_not_told(
    receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests, organization: Tenant
) -> None:
    webhook = subscribe("500", "200")
    log_requests()
    settled(webhook)
    remove_rows(Selection(organization.id, timezone.now()), Pace())
    have_due(webhook)
    wait_until(lambda: Delivery.objects.get(webhook=webhook).state == DeliveryState.GONE)
    assert len(receiver.at(webhook.destination)) == 1


def test_what_a_killed_worker_had_claimed_is_sent_by_another_under_the_same_id(
    stack: Stack, receiver: Receiver, subscribe: Subscribe, log_requests: LogRequests
) -> None:
    webhook = subscribe("hang", "200")
    worker = _another_worker(stack)
    with _alone():
        log_requests()
        try:
            _go(worker)
            wait_until(lambda: receiver.at(webhook.destination), within_s=30)
        finally:
            worker.kill()
            worker.communicate()
        # A minute later.
        leases = Delivery.objects.filter(
            state__in=UNFINISHED, next_attempt_at__gt=timezone.now() + timedelta(seconds=15), attempts__gt=0
        )
        leases.filter(last_outcome="").update(next_attempt_at=timezone.now())
    [delivery] = settled(webhook)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
    first, second = receiver.at(webhook.destination)
    assert first.delivery_id == second.delivery_id
    assert list(Attempt.objects.filter(delivery=delivery).values_list("number", flat=True)) == [2]


def test_beyond_a_bound_new_requests_are_dropped_and_counted(
    subscribe: Subscribe,
    log_requests: LogRequests,
    wait_for_rows: Callable[..., Any],
    organization: Tenant,
) -> None:
    webhook = subscribe("200")
    with _alone():
        ids = log_requests(10)
        wait_for_rows(organization.id, 10)
        take(timezone.now(), most_waiting=4)
        told = Delivery.objects.filter(webhook=webhook).values_list("request_row_id", flat=True)
        assert set(map(str, told)) == set(ids[:4])
    webhook.refresh_from_db()
    assert webhook.dropped == 6
    assert webhook.dropped_at is not None


def test_a_day_without_any_delivery_switches_a_webhook_off_and_tells_the_admins(
    receiver: Receiver,
    subscribe: Subscribe,
    log_requests: LogRequests,
    organization: Tenant,
    wait_for_rows: Callable[..., Any],
) -> None:
    webhook = subscribe(*["500"] * 2, "200")
    log_requests()
    settled(webhook)
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=timezone.now() - timedelta(hours=24), failures_in_a_row=4
    )
    have_due(webhook)
    wait_until(lambda: Webhook.objects.get(pk=webhook.pk).disabled_at)
    webhook.refresh_from_db()
    assert webhook.disabled_reason == "It answered 500."
    [notice] = Notice.objects.filter(organization=organization.organization)
    assert notice.email == organization.owner.email
    assert "switched off" in notice.title

    [missed] = log_requests()
    wait_for_rows(organization.id, 2)
    wait_until(lambda: _new_rows(organization.id) == 0)
    actions.resume_webhook(webhook=webhook, sends_failed_again=True)
    wait_until(lambda: Delivery.objects.get(webhook=webhook).state == DeliveryState.DELIVERED)
    assert missed not in {one.payload["request_id"] for one in receiver.at(webhook.destination)}


def test_nothing_is_sent_while_paused(
    receiver: Receiver,
    subscribe: Subscribe,
    log_requests: LogRequests,
    wait_for_rows: Callable[..., Any],
    organization: Tenant,
) -> None:
    paused, other = subscribe(), subscribe()
    actions.pause_webhook(webhook=paused)
    log_requests()
    settled(other)
    actions.resume_webhook(webhook=paused)
    [id] = log_requests()
    settled(paused)
    assert [one.payload["request_id"] for one in receiver.at(paused.destination)] == [id]


def test_nothing_is_kept_of_organizations_without_webhooks(
    subscribe: Subscribe, organization: Tenant
) -> None:
    webhook = subscribe()
    # Not committed, so that no worker takes what is noted.
    with transaction.atomic():
        write_all([chat_event(organization.id, keeps_time=False)])
        assert _new_rows(organization.id) == 1
        transaction.set_rollback(True)
    actions.delete_webhook(webhook=webhook)
    with transaction.atomic():
        write_all([chat_event(organization.id, keeps_time=False)])
        assert _new_rows(organization.id) == 0
        transaction.set_rollback(True)


def test_old_deliveries_are_forgotten_with_their_attempts(
    subscribe: Subscribe, log_requests: LogRequests
) -> None:
    webhook = subscribe()
    log_requests()
    [delivery] = settled(webhook)
    Delivery.objects.filter(pk=delivery.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert actions.clear_deliveries(before=timezone.now() - timedelta(days=7)) == 1
    assert not Attempt.objects.filter(delivery_id=delivery.pk).exists()


def _new_rows(organization_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM new_row WHERE organization_id = %s", [organization_id])
        return int(cursor.fetchone()[0])


def _another_worker(stack: Stack) -> "subprocess.Popen[str]":
    """Returns a process that sends what is due, of all organizations, as soon as it is told to `_go`."""
    script = (
        "import django; django.setup()\n"
        "from alerts_app.webhooks.rounds import run_round\n"
        "print('ready', flush=True); input()\n"
        "while True: run_round(seconds=10, go_on=lambda: True)\n"
    )
    environment = os.environ | {
        "HELICONE_ALLOWED_TARGETS": ALLOWED_HOST,
        "PORT": stack.url.rpartition(":")[2],  # it may send what other tests wait for, too
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout
    assert worker.stdout.readline() == "ready\n"
    return worker


def _go(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin
    worker.stdin.write("\n")
    worker.stdin.flush()


@contextmanager
def _alone() -> Iterator[None]:
    """Keeps the running worker from sending meanwhile."""
    while True:
        with one_at_a_time(ROUND_LOCK) as is_alone:
            if is_alone:
                yield
                return
        time.sleep(0.05)
