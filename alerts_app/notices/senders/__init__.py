"""Sending a message by the way of a channel, once. Blocks for half a minute at most; writes nothing."""

from uuid import UUID

from accounts_app.secrets import UndecryptableSecret
from alerts_app.notices.config import config_of
from alerts_app.notices.message import Message, Outcome
from alerts_app.notices.models import Channel, ChannelKind
from alerts_app.notices.senders import hooks, mail, services

_UNREADABLE = "What it needs cannot be read: HELICONE_SECRET_KEY was changed. Enter it again."


def send(channel: Channel, message: Message, *, id: UUID, attempt: int = 1, html: str = "") -> Outcome:
    """Returns what came of it. All attempts of a message have the same `id`; `html` is for mails."""
    try:
        config = config_of(channel)
    except UndecryptableSecret:
        return Outcome(False, _UNREADABLE)
    match ChannelKind(channel.kind):
        case ChannelKind.EMAIL:
            return mail.send(config.emails, message, id=id, html=html)
        case ChannelKind.WEBHOOK:
            return hooks.send(config, message, id=id, attempt=attempt)
        case ChannelKind.PAGERDUTY:
            return services.send_to_pagerduty(config, message, id=id)
        case ChannelKind.SLACK | ChannelKind.DISCORD | ChannelKind.APPRISE:
            return services.send(config.url, message)
