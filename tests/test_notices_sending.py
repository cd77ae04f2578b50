"""Notices: each goes out once, by its channel; what fails is tried again, and lasting failure is given up."""

import hmac
import secrets
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from alerts_app.models import Channel, ChannelKind, Notice, NoticeState
from alerts_app.notices import actions, sending
from alerts_app.notices.actions import Kind, Message
from alerts_app.notices.config import Config
from helicone_site.celery import app
from tests.instances import wait_until
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.sinks import HttpSink, mails_to, service_calls, wait_for_mails, wait_for_service_calls


@pytest.fixture
def address() -> str:
    return f"oncall-{secrets.token_hex(6)}@example.com"


@pytest.fixture
def token() -> str:
    """What nobody else has in an address."""
    return secrets.token_hex(12)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink(ALLOWED_HOST) as sink:
        yield sink


def message(kind: Kind = Kind.FIRING, **more: Any) -> Message:
    facts = (("Error rate", "12.5 %"), ("Requests", "1,204"))
    told = {
        "title": "Errors above 5 %",
        "text": "More requests fail than should.",
        "path": "/o/acme/alerts/",
        "facts": facts,
        "thread_key": "incident:1",
    }
    return Message(kind=kind, **(told | more))


def channel(tenant: Tenant, kind: ChannelKind, **config: Any) -> Channel:
    name = f"{kind} {secrets.token_hex(3)}"
    return actions.create_channel(
        organization=tenant.organization, name=name, kind=kind, config=Config(**config)
    )


def posted(tenant: Tenant, told: Message, *, key: str = "", **receivers: Any) -> Notice:
    """Returns the one notice that posting makes."""
    key = key or secrets.token_hex(8)
    assert actions.post(organization=tenant.organization, key=key, message=told, **receivers) == 1
    return Notice.objects.get(organization=tenant.organization, key=key)


def settled(notice: Notice) -> Notice:
    """Returns it as soon as it was tried."""

    def is_tried() -> bool:
        notice.refresh_from_db()
        return notice.state != NoticeState.PENDING or bool(notice.error)

    assert wait_until(is_tried, within_s=20), "nobody tried"
    return notice


def tried_until(notice: Notice, attempts: int) -> Notice:
    """Returns it after so many attempts, without the pauses between them."""

    def is_there() -> bool:
        Notice.objects.filter(pk=notice.pk, error__gt="").update(next_attempt_at=Now())
        notice.refresh_from_db()
        return notice.attempts >= attempts and bool(notice.error)

    assert wait_until(is_there, within_s=20), f"{notice.attempts} attempts"
    return notice


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))  # type: ignore[arg-type]
    assert part is not None
    return str(part.get_content())


# What arrives


def test_a_mail_arrives_as_text_and_as_html_with_a_link(
    organization: Tenant, address: str, stack: Stack
) -> None:
    notice = posted(organization, message(), emails=[address])
    [mail] = wait_for_mails(address)
    assert mail["Subject"] == "[Helicone] Firing: Errors above 5 %"
    for kind in ("plain", "html"):
        text = text_of(mail, kind)
        assert "More requests fail than should." in text
        assert "12.5 %" in text
        assert f"{stack.url}/o/acme/alerts/" in text
    assert str(notice.pk) in mail["Message-ID"]
    assert settled(notice).state == NoticeState.SENT


def test_what_begins_and_what_ends_are_one_thread_of_mails(organization: Tenant, address: str) -> None:
    posted(organization, message(), emails=[address])
    posted(organization, message(Kind.RESOLVED), emails=[address])
    began, ended = wait_for_mails(address, 2)
    assert (began["Subject"], ended["Subject"]) == (
        "[Helicone] Firing: Errors above 5 %",
        "[Helicone] Resolved: Errors above 5 %",
    )
    assert began["References"] == ended["References"]
    assert began["Message-ID"] != ended["Message-ID"]


def test_html_in_a_notice_is_text_in_a_mail(organization: Tenant, address: str) -> None:
    posted(organization, message(facts=(("Model", "<script>x</script>"),)), emails=[address])
    [mail] = wait_for_mails(address)
    assert "<script>" not in text_of(mail, "html")
    assert "<script>x</script>" in text_of(mail, "plain")


def test_slack_gets_a_message(organization: Tenant, token: str) -> None:
    to_slack = channel(
        organization, ChannelKind.SLACK, url=f"https://hooks.slack.com/services/T123/B456/{token}"
    )
    notice = posted(organization, message(), channels=[to_slack])
    [call] = wait_for_service_calls(token)
    assert (call.host, call.path) == ("hooks.slack.com", f"/services/T123/B456/{token}")
    assert "Errors above 5 %" in call.body.decode()
    assert "/o/acme/alerts/" in call.body.decode()
    assert settled(notice).state == NoticeState.SENT


def test_discord_gets_a_message(organization: Tenant, token: str) -> None:
    to_discord = channel(
        organization, ChannelKind.DISCORD, url=f"https://discord.com/api/webhooks/123456/{token}"
    )
    notice = posted(organization, message(), channels=[to_discord])
    [call] = wait_for_service_calls(token)
    assert (call.host, call.path.partition("?")[0]) == ("discord.com", f"/api/webhooks/123456/{token}")
    assert "More requests fail than should." in call.body.decode()
    assert settled(notice).state == NoticeState.SENT


def test_telegram_gets_a_message_by_an_address_of_apprise(organization: Tenant, token: str) -> None:
    bot = f"123456789:{token}abcdefghij"
    to_telegram = channel(organization, ChannelKind.APPRISE, url=f"tgram://{bot}/12315544/")
    posted(organization, message(), channels=[to_telegram])
    [call] = wait_for_service_calls(token)
    assert (call.host, call.path) == ("api.telegram.org", f"/bot{bot}/sendMessage")


def test_pagerduty_opens_an_incident_and_resolves_the_same(organization: Tenant, token: str) -> None:
    to_pagerduty = channel(organization, ChannelKind.PAGERDUTY, key=token)
    for kind in (Kind.FIRING, Kind.RESOLVED):
        posted(organization, message(kind), channels=[to_pagerduty])
    calls = [call.json for call in wait_for_service_calls(token, 2)]
    assert [(call["event_action"], call["dedup_key"]) for call in calls] == [
        ("trigger", "incident:1"),
        ("resolve", "incident:1"),
    ]
    assert calls[0]["routing_key"] == token
    assert calls[0]["payload"]["summary"] == "Errors above 5 %"
    assert calls[0]["payload"]["severity"] == "critical"
    assert calls[0]["payload"]["custom_details"]["Error rate"] == "12.5 %"
    assert calls[0]["links"][0]["href"].endswith("/o/acme/alerts/")


def test_a_webhook_gets_signed_json(organization: Tenant, sink: HttpSink, stack: Stack) -> None:
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=f"{sink.url}/hook")
    notice = posted(organization, message(), channels=[to_hook])
    [call] = sink.wait_for(1)
    key = sending.senders.config_of(to_hook).key
    assert call.headers["helicone-signature"] == hmac.digest(key.encode(), call.body, "sha256").hex()
    assert call.headers["helicone-delivery-id"] == str(notice.pk)
    said = call.json
    assert said.pop("sent_at").endswith("+00:00")
    assert said == {
        "id": str(notice.pk),
        "kind": "firing",
        "title": "Errors above 5 %",
        "text": "More requests fail than should.",
        "facts": [
            {"label": "Error rate", "value": "12.5 %"},
            {"label": "Requests", "value": "1,204"},
        ],
        "url": f"{stack.url}/o/acme/alerts/",
        "thread": "incident:1",
    }


# Once


def test_a_key_is_told_once_to_each_receiver(organization: Tenant, address: str, sink: HttpSink) -> None:
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    key = secrets.token_hex(8)

    def post(emails: list[str]) -> int:
        return actions.post(
            organization=organization.organization,
            key=key,
            message=message(),
            channels=[to_hook],
            emails=emails,
        )

    assert post([address, address.upper()]) == 2
    assert post([address]) == 0
    assert post([address, f"also-{address}"]) == 1
    wait_for_mails(f"also-{address}")
    assert len(sink.wait_for(1)) == 1
    assert len([mail for mail in mails_to(address) if mail["To"] == address]) == 1


def test_nothing_is_told_when_the_transaction_is_rolled_back(organization: Tenant, address: str) -> None:
    def broken() -> None:
        with transaction.atomic():
            posted(organization, message(), emails=[address])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    posted(organization, message(), emails=[f"after-{address}"])
    wait_for_mails(f"after-{address}")
    assert [mail["To"] for mail in mails_to(address)] == [f"after-{address}"]


def test_a_channel_that_is_switched_off_is_told_nothing(organization: Tenant, sink: HttpSink) -> None:
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    actions.update_channel(
        channel=to_hook, name="off", config=sending.senders.config_of(to_hook), is_active=False
    )
    told = actions.post(
        organization=organization.organization, key="k", message=message(), channels=[to_hook]
    )
    assert told == 0


def test_a_channel_of_another_organization_is_refused(organization: Tenant, make_tenant: Any) -> None:
    theirs = channel(make_tenant(), ChannelKind.EMAIL, emails=("x@example.com",))
    with pytest.raises(ValueError, match="another organization"):
        actions.post(organization=organization.organization, key="k", message=message(), channels=[theirs])


def test_a_worker_that_died_while_sending_is_followed_by_another(organization: Tenant, address: str) -> None:
    """It took the notice, and nothing came of it: the end of its lease is all that is left of it."""
    with transaction.atomic():
        notice = posted(organization, message(), emails=[address])
        Notice.objects.filter(pk=notice.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=Now() + timedelta(seconds=2)
        )
    wait_for_mails(address)
    notice = settled(notice)
    assert (notice.state, notice.attempts) == (NoticeState.SENT, 2)


def test_a_worker_whose_lease_has_ended_notes_nothing(organization: Tenant, address: str) -> None:
    notice = settled(posted(organization, message(), emails=[address]))
    notice.attempts += 1
    assert sending.note_outcome(notice, actions.Outcome(False, "too late")) is False
    notice.refresh_from_db()
    assert (notice.state, notice.error) == (NoticeState.SENT, "")


def test_a_clock_that_was_set_back_makes_no_notice_wait_for_hours(organization: Tenant, address: str) -> None:
    with transaction.atomic():
        notice = posted(organization, message(), emails=[address])
        Notice.objects.filter(pk=notice.pk).update(next_attempt_at=Now() + timedelta(hours=9))
    wait_for_mails(address)


def test_many_workers_at_the_same_time_send_each_notice_once(organization: Tenant, sink: HttpSink) -> None:
    channels = [channel(organization, ChannelKind.WEBHOOK, url=f"{sink.url}/{n}") for n in range(4)]
    with transaction.atomic():
        for n in range(5):
            told = message(thread_key=f"incident:{n}")
            actions.post(organization=organization.organization, key=f"{n}", message=told, channels=channels)
    for _ in range(6):
        app.send_task("notices.send")
    calls = sink.wait_for(20)
    assert len({call.headers["helicone-delivery-id"] for call in calls}) == 20
    # Each receiver is told in the order in which things happened.
    for n in range(4):
        threads = [call.json["thread"] for call in calls if call.path == f"/{n}"]
        assert threads == sorted(threads)


# Failure


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "It answered 500."),
        (302, "It answered 302, a redirect, which is not followed."),
        ("reset", "Cannot be reached"),
    ],
)
def test_what_fails_is_tried_again_until_it_arrives(
    organization: Tenant, sink: HttpSink, answer: Any, said: str
) -> None:
    sink.answer = answer
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    notice = settled(posted(organization, message(), channels=[to_hook]))
    assert notice.state == NoticeState.PENDING
    assert notice.error.startswith(said)
    tried_until(notice, 2)
    sink.answer = 200
    assert wait_until(lambda: bool(tried(notice).sent_at), within_s=20)
    assert [call.headers["helicone-delivery-attempt"] for call in sink.calls] == [
        str(number + 1) for number in range(len(sink.calls))
    ]


def tried(notice: Notice) -> Notice:
    """Returns it, due at once."""
    Notice.objects.filter(pk=notice.pk, error__gt="").update(next_attempt_at=Now())
    notice.refresh_from_db()
    return notice


def test_pauses_double_up_to_an_hour_and_the_last_attempt_is_after_a_day() -> None:
    pauses = [sending.pause_after(attempt) for attempt in range(1, sending.MAX_ATTEMPTS)]
    assert pauses[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1)]
    assert max(pauses) == timedelta(hours=1)
    assert timedelta(hours=24) < sum(pauses, timedelta()) < timedelta(hours=27)


def test_lasting_failure_is_given_up(organization: Tenant, sink: HttpSink) -> None:
    sink.answer = 500
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    notice = settled(posted(organization, message(), channels=[to_hook]))
    Notice.objects.filter(pk=notice.pk).update(attempts=sending.MAX_ATTEMPTS - 1)
    assert wait_until(lambda: tried(notice).state == NoticeState.GIVEN_UP, within_s=20)
    assert notice.error == "It answered 500."


def test_what_ends_waits_for_what_began(organization: Tenant, sink: HttpSink) -> None:
    sink.answer = 500
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    began = settled(posted(organization, message(), channels=[to_hook]))
    posted(organization, message(Kind.RESOLVED), channels=[to_hook])
    posted(organization, message(Kind.INFO, thread_key=""), channels=[to_hook])
    sink.wait_for(2)
    assert sink.calls[1].json["kind"] == "info"
    sink.answer = 200
    tried(began)
    assert [call.json["kind"] for call in sink.wait_for(4)][2:] == ["firing", "resolved"]


def test_one_that_says_nothing_holds_up_nobody_else(
    organization: Tenant, sink: HttpSink, address: str
) -> None:
    sink.answer = "hang"
    slow = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    posted(organization, message(), channels=[slow])
    sink.wait_for(1)
    posted(organization, message(), emails=[address])
    wait_for_mails(address, within_s=8)


@pytest.mark.parametrize(
    ("mailbox", "said"),
    [
        ("refused", "The mail server refuses refused-"),
        ("busy", "The mail server refuses busy-"),
    ],
)
def test_a_mail_server_that_refuses_is_quoted(
    organization: Tenant, address: str, mailbox: str, said: str
) -> None:
    notice = settled(posted(organization, message(), emails=[f"{mailbox}-{address}"]))
    assert notice.state == NoticeState.PENDING
    assert notice.error.startswith(said)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "Slack answered 404: what was entered is wrong, or no longer valid."),
        (500, "Slack answered 500."),
    ],
)
def test_a_service_that_refuses_is_quoted(organization: Tenant, token: str, status: int, said: str) -> None:
    url = f"https://hooks.slack.com/services/T123/B456/{token}"
    to_slack = channel(organization, ChannelKind.SLACK, url=url)
    notice = settled(posted(organization, message(text=f"answer-{status}"), channels=[to_slack]))
    assert notice.error == said
    assert len(service_calls(token)) == 1


def test_what_waits_for_a_deleted_channel_is_given_up(organization: Tenant, sink: HttpSink) -> None:
    sink.answer = 500
    to_hook = channel(organization, ChannelKind.WEBHOOK, url=sink.url)
    notice = settled(posted(organization, message(), channels=[to_hook]))
    actions.delete_channel(channel=to_hook)
    assert wait_until(lambda: tried(notice).state == NoticeState.GIVEN_UP, within_s=20)
    assert "deleted" in notice.error


def test_a_webhook_into_a_private_network_is_refused(organization: Tenant) -> None:
    with HttpSink("127.0.0.1") as private:
        to_hook = channel(organization, ChannelKind.WEBHOOK, url=private.url.replace("http:", "https:"))
        notice = settled(posted(organization, message(), channels=[to_hook]))
        assert "private network" in notice.error
        assert private.calls == []
