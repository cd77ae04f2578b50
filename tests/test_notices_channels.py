"""Channels: made, shown without their secrets, tried out, changed and deleted; and what apprise may be asked for."""

import secrets
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.urls import reverse

from accounts_app.models import Role
from alerts_app.models import Channel, ChannelKind
from alerts_app.notices import actions, queries
from alerts_app.notices.actions import Kind, Message
from alerts_app.notices.config import Config, config_of, encrypted
from alerts_app.notices.senders.catalog import BadService, plugin_of
from tests.cast import Cast, make_cast
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.sinks import HttpSink, wait_for_mails, wait_for_service_calls
from tests.web_client import WebClient

SLACK = "https://hooks.slack.com/services/T0123/B4567/"
DISCORD = "https://discord.com/api/webhooks/123456789/"


@pytest.fixture(scope="module")
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(stack: Stack, cast: Cast) -> WebClient:
    return WebClient(stack.url, cast.people[Role.ADMIN])


@pytest.fixture
def page(cast: Cast) -> Callable[..., str]:
    """Returns a function that makes addresses of the cast's pages."""

    def make(name: str = "channels", **parameters: object) -> str:
        return reverse(f"alerts:{name}", kwargs={"organization": cast.organization.slug, **parameters})

    return make


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink(ALLOWED_HOST) as sink:
        yield sink


def new(cast: Cast, kind: ChannelKind, **config: str) -> Channel:
    return actions.create_channel(
        organization=cast.organization, name=f"new {secrets.token_hex(4)}", kind=kind, config=Config(**config)
    )


def test_without_a_channel_the_page_says_what_there_is(stack: Stack, organization: Tenant) -> None:
    path = reverse("alerts:channels", args=[organization.organization.slug])
    text = WebClient(stack.url, organization.owner).get(path).text
    assert "No channel yet" in text
    for kind in ChannelKind:
        assert kind.label in text


@pytest.mark.parametrize(
    ("kind", "entered", "hint"),
    [
        ("email", {"emails": "a@example.com, b@example.com"}, "a@example.com, b@example.com"),
        ("slack", {"url": f"{SLACK}tokentokentoken"}, "hooks.slack.com/…oken"),
        ("discord", {"url": f"{DISCORD}token_token-token"}, "discord.com/…oken"),
        ("pagerduty", {"key": "0123456789abcdef0123456789abcdef", "region": "eu"}, "012345678…cdef (EU)"),
        ("apprise", {"url": "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1231/"}, "tgram://…1/"),
    ],
)
def test_a_channel_is_listed_without_its_secrets(
    admin: WebClient,
    page: Callable[..., str],
    cast: Cast,
    stack: Stack,
    kind: str,
    entered: dict[str, str],
    hint: str,
) -> None:
    name = f"#ops {secrets.token_hex(4)}"
    assert admin.post(page("channel-create", kind=kind), {"name": name, **entered}).status == 302
    for reader in (admin, WebClient(stack.url, cast.people[Role.VIEWER])):
        text = reader.get(page()).text
        assert name in text
        assert hint in text
    channel = Channel.objects.get(organization=cast.organization, name=name)
    assert b"token" not in bytes(channel.config_ciphertext)
    edit = admin.get(page("channel-edit", id=channel.pk)).text
    for secret in ("tokentokentoken", "token_token-token", "0123456789abcdef0123", "abcdefghijklmnopqrst"):
        assert secret not in edit


@pytest.mark.parametrize(
    ("kind", "entered", "error"),
    [
        ("email", {"emails": "nobody"}, "is not an e-mail address"),
        ("email", {"emails": ""}, "This field is required"),
        ("slack", {"url": "https://hooks.slack.com.example.com/services/T/B/x"}, "hooks.slack.com"),
        ("slack", {"url": "http://hooks.slack.com/services/T/B/x"}, "hooks.slack.com"),
        ("discord", {"url": "https://example.com/api/webhooks/1/x"}, "discord.com"),
        ("pagerduty", {"key": "short", "region": "us"}, "32 letters and digits"),
        ("pagerduty", {"key": "0123456789abcdef0123456789abcdef", "region": "moon"}, "Select a valid choice"),
        ("webhook", {"url": "http://example.com/"}, "https://"),
        ("webhook", {"url": "https://127.0.0.1/"}, "private network"),
        ("apprise", {"url": "json://169.254.169.254/"}, "not among those below"),
        ("apprise", {"url": "tgram://x"}, "It looks like"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(
    admin: WebClient, page: Callable[..., str], kind: str, entered: dict[str, str], error: str
) -> None:
    answer = admin.post(page("channel-create", kind=kind), {"name": "x", **entered})
    assert answer.status == 422
    assert error in answer.text


def test_two_channels_cannot_have_one_name(admin: WebClient, page: Callable[..., str], cast: Cast) -> None:
    channel = new(cast, ChannelKind.EMAIL)
    entered = {"name": channel.name, "emails": "a@example.com"}
    answer = admin.post(page("channel-create", kind="email"), entered)
    assert answer.status == 422
    assert "another channel of this name" in answer.text


def test_a_kind_that_there_is_not_is_not_found(admin: WebClient, page: Callable[..., str]) -> None:
    assert admin.get(page("channel-create", kind="fax")).status == 404


def test_a_secret_that_is_left_empty_stays(admin: WebClient, page: Callable[..., str], cast: Cast) -> None:
    channel = new(cast, ChannelKind.SLACK, url=f"{SLACK}stays")
    entered = {"name": f"{channel.name} again", "url": ""}
    assert admin.post(page("channel-edit", id=channel.pk), entered).status == 302
    channel.refresh_from_db()
    assert channel.name.endswith(" again")
    assert channel.is_active is False  # its box was not ticked
    assert config_of(channel).url == f"{SLACK}stays"


def test_the_signing_key_of_a_webhook_is_shown_once(
    admin: WebClient, page: Callable[..., str], cast: Cast, sink: HttpSink
) -> None:
    name = f"hook {secrets.token_hex(4)}"
    answer = admin.post(page("channel-create", kind="webhook"), {"name": name, "url": f"{sink.url}/x"})
    channel = Channel.objects.get(organization=cast.organization, name=name)
    key = config_of(channel).key
    assert answer.status == 200
    assert key in answer.text
    assert key not in admin.get(page("channel-edit", id=channel.pk)).text

    renewed = admin.post(page("channel-key", id=channel.pk))
    channel.refresh_from_db()
    assert config_of(channel).key != key
    assert config_of(channel).key in renewed.text
    assert config_of(channel).url == f"{sink.url}/x"


def test_a_test_says_what_came_of_it(
    admin: WebClient, page: Callable[..., str], stack: Stack, organization: Tenant
) -> None:
    """In an organization of its own, since there is a pause between tests."""
    owner = WebClient(stack.url, organization.owner)
    slug = organization.organization.slug
    address = f"tested-{secrets.token_hex(6)}@example.com"
    channel = actions.create_channel(
        organization=organization.organization,
        name="Everybody",
        kind=ChannelKind.EMAIL,
        config=Config(emails=(address,)),
    )
    test_path = reverse("alerts:channel-test", args=[slug, channel.pk])
    answer = owner.post(test_path)
    assert f"The mail server took it for {address}." in answer.text
    [mail] = wait_for_mails(address)
    assert mail["Subject"] == "[Helicone] Test: A test of Everybody"
    again = owner.post(test_path)
    assert again.status == 429
    assert "Try again in a moment" in again.text


def test_a_test_that_fails_says_why(stack: Stack, organization: Tenant) -> None:
    token = secrets.token_hex(12)
    channel = actions.create_channel(
        organization=organization.organization,
        name="Nowhere",
        kind=ChannelKind.DISCORD,
        config=Config(url=f"{DISCORD}{token}answer-404"),
    )
    answer = WebClient(stack.url, organization.owner).post(
        reverse("alerts:channel-test", args=[organization.organization.slug, channel.pk])
    )
    assert "Discord answered 404: what was entered is wrong, or no longer valid." in answer.text


def test_a_test_of_pagerduty_leaves_no_incident_open(cast: Cast, stack: Stack, organization: Tenant) -> None:
    key = secrets.token_hex(16)
    channel = actions.create_channel(
        organization=organization.organization,
        name="On call",
        kind=ChannelKind.PAGERDUTY,
        config=Config(key=key, region="eu"),
    )
    WebClient(stack.url, organization.owner).post(
        reverse("alerts:channel-test", args=[organization.organization.slug, channel.pk])
    )
    began, ended = wait_for_service_calls(key, 2)
    assert began.host == "events.eu.pagerduty.com"
    assert (began.json["event_action"], ended.json["event_action"]) == ("trigger", "resolve")
    assert began.json["dedup_key"] == ended.json["dedup_key"]


def test_a_deleted_channel_is_gone_and_its_notices_stay(
    admin: WebClient, page: Callable[..., str], cast: Cast
) -> None:
    channel = new(cast, ChannelKind.EMAIL)
    told = Message(kind=Kind.INFO, title="Kept", text="", path="")
    actions.post(organization=cast.organization, key=channel.name, message=told, channels=[channel])
    assert admin.post(page("channel-delete", id=channel.pk)).status == 302
    assert not queries.channels(cast.organization.pk).filter(pk=channel.pk).exists()
    assert [notice.receiver_name for notice in queries.recent_notices(cast.organization.pk)][:1] == [
        channel.name
    ]


def test_members_see_channels_and_do_not_change_them(
    stack: Stack, page: Callable[..., str], cast: Cast
) -> None:
    channel = new(cast, ChannelKind.EMAIL)
    member = WebClient(stack.url, cast.people[Role.MEMBER])
    text = member.get(page()).text
    assert channel.name in text
    assert "New channel" not in text
    assert member.get(page("channel-edit", id=channel.pk)).status == 403
    for name in ("channel-delete", "channel-test", "channel-key"):
        assert member.post(page(name, id=channel.pk)).status == 403


def test_what_a_channel_needs_outlives_a_change_of_the_secret_key(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = new(cast, ChannelKind.SLACK, url=f"{SLACK}kept")
    with monkeypatch.context() as before:
        before.setattr(settings, "SECRET_KEY", "the one before")
        Channel.objects.filter(pk=channel.pk).update(config_ciphertext=encrypted(Config(url=f"{SLACK}kept")))
    channel.refresh_from_db()
    told = Message(kind=Kind.TEST, title="x", text="", path="")
    outcome = actions.send_now(channel=channel, message=told)
    assert (outcome.is_delivered, "Enter it again" in outcome.text) == (False, True)
    assert actions.rewrap_channels(["the one before"]).all >= 1
    channel.refresh_from_db()
    assert config_of(channel).url == f"{SLACK}kept"


# What apprise is asked for


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "jsons://example.com/",
        "xml://example.com/",
        "form://example.com/",
        "mailto://user:pass@example.com",
        "apprise://example.com/x",
        "syslog://",
        "file:///etc/passwd",
        "matrix://user:pass@example.com/#room",
        "discord://1/2?avatar_url=http://127.0.0.1",
        "mmosts://mattermost.example.com/3ccdd113474722377935511fc85d3dd4",
        "ntfys://127.0.0.1/topic",
        "workflows://127.0.0.1/abc/def",
        "https://example.com/workflows/abc/triggers/manual/paths/invoke?sig=x",
        "zulip://bot@org.example.com/abcdefghabcdefghabcdefghabcdefgh/stream",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1/?template=/etc/passwd",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1/?verify=no",
        "opsgenie://key/?redirect=yes",
        "pover://user@token?rto=100000",
        "nonsense",
        "",
        "://",
        "tgram://[",
    ],
)
def test_an_address_that_could_lead_anywhere_is_refused(url: str) -> None:
    with pytest.raises(BadService):
        plugin_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1231/?silent=yes",
        "opsgenie://123e4567-e89b-12d3-a456-426614174000/#team?region=eu",
        "gchat://workspace/key/token",
        "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k-1&token=t-1",
        "https://prod-1.westeurope.logic.azure.com:443/workflows/643e/triggers/manual/paths/invoke"
        "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abc",
        "zulip://bot@org/abcdefghabcdefghabcdefghabcdefgh/stream",
        "pover://abcdefghijklmnopqrstuvwxyz1234@abcdefghijklmnopqrstuvwxyz1234",
        "splunk://route@key",
        "squadcast://key",
        "signl4://secret",
        "pagertree://int_abcdefghijkl",
        "ilert://key",
        "incidentio://SOURCE/token",
        "firehydrant://token",
        "webex://abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh",
        "lark://abcdef-abcdef",
        "feishu://abcdef",
        "dingtalk://abcdefabcdef",
        "wecombot://abcdef-abcdef",
        "twilio://AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef@+15551234567/+15557654321",
        f"ntfys://{ALLOWED_HOST}/topic",
    ],
)
def test_a_service_with_a_host_of_its_own_is_reached_safely(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts_app.notices.senders.catalog.ALLOWED_TARGETS", frozenset({ALLOWED_HOST}))
    plugin = plugin_of(url)
    assert plugin.verify_certificate is True
    assert plugin.redirects is False
    assert plugin.request_timeout == (5.0, 10.0)
