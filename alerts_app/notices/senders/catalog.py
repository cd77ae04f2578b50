"""Services that apprise can send to, and what of its addresses is let through.

An address of apprise may name a host, a file, and options that switch off checks. Whoever enters one is no operator. So
there are only services whose host stands in apprise's own code, and hosts that the operator listed in
HELICONE_ALLOWED_TARGETS; only these classes are loaded, and only harmless options are accepted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway_app.destination import ALLOWED_TARGETS

CONNECT_S = 5.0
READ_S = 10.0
_TEAMS_HOSTS = (".logic.azure.com", ".api.powerplatform.com")
_NOT_LISTED = "The operator has to list its host in HELICONE_ALLOWED_TARGETS first."


class BadService(Exception):
    """Nothing can be sent to this address. `str()` of it says why."""


def _fixed(plugin: Any) -> str:
    """Returns what speaks against the host: nothing, where apprise knows it by itself."""
    return ""


def _operators(plugin: Any) -> str:
    host = (plugin.host or "").lower()
    return "" if {host, f"{host}:{plugin.port}"} & ALLOWED_TARGETS else _NOT_LISTED


def _microsofts(plugin: Any) -> str:
    is_theirs = (plugin.host or "").lower().endswith(_TEAMS_HOSTS) and plugin.port in {None, 443}
    return "" if is_theirs else "This is not an address of Microsoft's workflows."


def _zulips(plugin: Any) -> str:
    return "" if plugin.hostname == plugin.default_hostname else "Only organizations on zulipchat.com."


@dataclass(frozen=True, slots=True)
class Service:
    """One service: apprise's class for it, how its address looks, and which options it may have."""

    label: str
    plugin: str  # module.Class below apprise.plugins
    example: str
    options: frozenset[str] = frozenset()
    objection: Callable[[Any], str] = _fixed

    @property
    def needs_operator(self) -> bool:
        """Returns whether its host has to be listed by the operator."""
        return self.objection is _operators

    def load(self) -> Any:
        """Returns apprise's class. Loading the first takes half a second."""
        module, _, name = self.plugin.partition(".")
        return getattr(import_module(f"apprise.plugins.{module}"), name)


_REGION = frozenset({"region"})
SERVICES = {
    "dingtalk": Service("DingTalk", "dingtalk.NotifyDingTalk", "dingtalk://SECRET@TOKEN"),
    "feishu": Service("Feishu", "feishu.NotifyFeishu", "feishu://TOKEN"),
    "firehydrant": Service("FireHydrant", "firehydrant.NotifyFireHydrant", "firehydrant://TOKEN"),
    "gchat": Service("Google Chat", "google_chat.NotifyGoogleChat", "gchat://SPACE/KEY/TOKEN"),
    "ilert": Service("ilert", "ilert.NotifyILert", "ilert://INTEGRATION_KEY"),
    "incidentio": Service("incident.io", "incidentio.NotifyIncidentIO", "incidentio://SOURCE_ID/TOKEN"),
    "lark": Service("Lark", "lark.NotifyLark", "lark://TOKEN"),
    "opsgenie": Service("Opsgenie", "opsgenie.NotifyOpsgenie", "opsgenie://API_KEY/#team", _REGION),
    "pagertree": Service("PagerTree", "pagertree.NotifyPagerTree", "pagertree://INTEGRATION_ID"),
    "pover": Service(
        "Pushover", "pushover.NotifyPushover", "pover://USER_KEY@TOKEN", frozenset({"priority", "sound"})
    ),
    "signl4": Service("SIGNL4", "signl4.NotifySIGNL4", "signl4://SECRET"),
    "splunk": Service("Splunk On-Call", "splunk.NotifySplunk", "splunk://ROUTING_KEY@API_KEY"),
    "squadcast": Service("Squadcast", "squadcast.NotifySquadcast", "squadcast://KEY", _REGION),
    "tgram": Service(
        "Telegram", "telegram.NotifyTelegram", "tgram://BOT_TOKEN/CHAT_ID", frozenset({"silent", "topic"})
    ),
    "twilio": Service("Twilio (SMS)", "twilio.NotifyTwilio", "twilio://ACCOUNT_SID:AUTH_TOKEN@FROM/TO"),
    "webex": Service("Webex", "webexteams.NotifyWebexTeams", "webex://WEBHOOK_TOKEN"),
    "wecombot": Service("WeCom", "wecombot.NotifyWeComBot", "wecombot://BOT_KEY"),
    "workflows": Service(
        "Microsoft Teams",
        "workflows.NotifyWorkflows",
        "the address that the workflow shows, https://….logic.azure.com/…",
        frozenset(
            {"api-version", "id", "pa", "powerautomate", "route", "sig", "signature", "sp", "sv", "ver"}
        ),
        _microsofts,
    ),
    "zulip": Service(
        "Zulip", "zulip.NotifyZulip", "zulip://BOT@ORGANIZATION/TOKEN/STREAM", frozenset(), _zulips
    ),
    # In one's own house: if the operator allows the host.
    "gotifys": Service("Gotify", "gotify.NotifyGotify", "gotifys://HOST/TOKEN", objection=_operators),
    "mmosts": Service("Mattermost", "mattermost.NotifyMattermost", "mmosts://HOST/KEY", objection=_operators),
    "ntfys": Service("ntfy", "ntfy.NotifyNtfy", "ntfys://HOST/TOPIC", objection=_operators),
    "rockets": Service(
        "Rocket.Chat", "rocketchat.NotifyRocketChat", "rockets://KEY@HOST", objection=_operators
    ),
}
SLACK = Service("Slack", "slack.NotifySlack", "https://hooks.slack.com/services/…")
DISCORD = Service("Discord", "discord.NotifyDiscord", "https://discord.com/api/webhooks/…")
PAGERDUTY = Service("PagerDuty", "pagerduty.NotifyPagerDuty", "")
SLACK_URL = re.compile(r"https://hooks\.slack\.com/services/\w+/\w+/\w+/?\Z", re.ASCII)
DISCORD_URL = re.compile(r"https://discord(?:app)?\.com/api/webhooks/\d+/[\w-]+/?\Z", re.ASCII)
# Addresses as the services themselves show them.
_NATIVE = (
    (SLACK_URL, SLACK, frozenset[str]()),
    (DISCORD_URL, DISCORD, frozenset[str]()),
    (re.compile(r"https://chat\.googleapis\.com/v1/spaces/"), SERVICES["gchat"], frozenset({"key", "token"})),
    (re.compile(r"https://"), SERVICES["workflows"], SERVICES["workflows"].options),
)


def service_of(url: str) -> Service:
    """Returns the service that an address leads to. Raises BadService."""
    return _found(url)[0]


def plugin_of(url: str) -> Any:
    """Returns apprise's object that sends to an address of apprise's form, or as Slack, Discord, … show it.

    Raises BadService.
    """
    service, options, parse = _found(url)
    try:
        given = [name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    except ValueError as error:
        raise BadService("This is not an address that can be used.") from error
    for name in given:
        if name not in options:
            raise BadService(f"The option “{name}” is not taken here.")
    incomplete = BadService(
        f"This address of {service.label} is not complete. It looks like {service.example}"
    )
    try:
        if parsed := parse(url):
            return made(service, **parsed)
    except (TypeError, ValueError) as error:  # apprise's own are of these
        raise incomplete from error
    raise incomplete


def made(service: Service, **settings: Any) -> Any:
    """Returns apprise's object, unable to do what whoever wrote its address should not decide. Raises BadService.

    Certificates are verified, redirects not followed, and nobody is waited for longer than `CONNECT_S` and `READ_S`.
    """
    from apprise import AppriseAsset

    asset = AppriseAsset(app_id="Helicone", http_redirects=False)
    plugin = service.load()(**settings, asset=asset)
    if reason := service.objection(plugin):
        raise BadService(reason)
    plugin.verify_certificate = True
    plugin.redirects = False
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_S, READ_S
    plugin.include_image = False  # it lies on apprise's own host
    return plugin


def _found(url: str) -> tuple[Service, frozenset[str], Callable[[str], Any]]:
    for pattern, native, options in _NATIVE:
        if pattern.match(url):
            return native, options, native.load().parse_native_url
    service = SERVICES.get(url.partition("://")[0].lower())
    if service is None:
        raise BadService("This service is not among those below. A webhook channel can call any address.")
    return service, service.options, service.load().parse_url
