"""What a channel needs to know to reach its service. Kept encrypted."""

from urllib.parse import urlsplit

import msgspec

from accounts_app import secrets
from alerts_app.notices.models import Channel, ChannelKind


class Config(msgspec.Struct, frozen=True, omit_defaults=True):
    """`emails` of an e-mail channel, `url` of a service's; `key` is PagerDuty's routing or a webhook's signing key."""

    emails: tuple[str, ...] = ()
    url: str = ""
    key: str = ""
    region: str = "us"  # PagerDuty's


def encrypted(config: Config) -> bytes:
    """Returns what a channel keeps of it."""
    return secrets.encrypt(msgspec.json.encode(config).decode())


def config_of(channel: Channel) -> Config:
    """Returns what the channel was given. Raises UndecryptableSecret."""
    return msgspec.json.decode(secrets.decrypt(channel.config_ciphertext), type=Config)


def hint_of(kind: ChannelKind, config: Config) -> str:
    """Returns what everybody may see of it: addresses of people, hosts, and a few characters of keys."""
    match kind:
        case ChannelKind.EMAIL:
            shown = ", ".join(config.emails)
        case ChannelKind.PAGERDUTY:
            shown = f"{secrets.hint(config.key)} ({config.region.upper()})"
        case ChannelKind.SLACK | ChannelKind.DISCORD | ChannelKind.WEBHOOK:
            shown = f"{urlsplit(config.url).hostname}/{secrets.hint(config.url)[-5:]}"
        case ChannelKind.APPRISE:
            scheme = config.url.partition("://")[0]
            shown = f"{scheme}://…{config.url[-2:]}"
    longest = 200
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
