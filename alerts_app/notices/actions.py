"""Every write to channels, and the one way in for notices."""

import secrets as randomness
import uuid
from collections.abc import Iterable, Sequence

import msgspec
import structlog
from celery.exceptions import CeleryError
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from accounts_app.models import Organization, User
from accounts_app.rewrapping import Rewrapped, rewrap
from alerts_app.notices import senders
from alerts_app.notices.config import Config, config_of, encrypted, hint_of
from alerts_app.notices.message import Kind, Message, Outcome
from alerts_app.notices.models import Channel, ChannelKind, Notice
from alerts_app.notices.senders import mail
from helicone_site.celery import app
from helicone_site.text import storable

__all__ = ["Kind", "Message", "Outcome", "post", "send_now"]

log = structlog.get_logger(__name__)

_SIGNING_KEY_BYTES = 32


class NameTaken(Exception):
    """The organization has another channel of this name."""


@transaction.atomic
def post(
    *,
    organization: Organization | int,
    key: str,
    message: Message,
    channels: Iterable[Channel] = (),
    emails: Iterable[str] = (),
    html: str = "",
) -> int:
    """Put a message on its way, in the caller's transaction: once for each `key` and receiver, however often called.

    Returns how many receivers are new. Channels that are switched off are left out. `html` is what mails show in place
    of a page made from the message. Raises ValueError for a channel of another organization.
    """
    organization_id = organization if isinstance(organization, int) else organization.pk
    told = Notice(
        organization_id=organization_id,
        key=key,
        kind=message.kind,
        thread_key=message.thread_key,
        title=storable(message.title),
        text=storable(message.text),
        facts=[[storable(label), storable(value)] for label, value in message.facts],
        path=message.path,
        html=storable(html),
    )
    notices = {}
    for channel in channels:
        if channel.organization_id != organization_id:
            raise ValueError(f"channel {channel.pk} is of another organization")
        if channel.is_active:
            notices[f"channel:{channel.pk}"] = _copy(told, channel=channel, receiver_name=channel.name)
    for email in emails:
        notices.setdefault(f"mail:{email.lower()}", _copy(told, email=email, receiver_name=email))
    for receiver, notice in notices.items():
        notice.receiver = receiver
    Notice.objects.bulk_create(notices.values(), ignore_conflicts=True)
    new = Notice.objects.filter(
        organization_id=organization_id, id__in=[notice.pk for notice in notices.values()]
    ).count()
    if new:
        transaction.on_commit(wake_worker)
    return new


def send_now(*, message: Message, channel: Channel | None = None, email: str = "") -> Outcome:
    """Returns what came of sending a message to a channel or an address at once: half a minute at most.

    It is not kept, nor tried again.
    """
    id = uuid.uuid4()
    return mail.send([email], message, id=id) if channel is None else senders.send(channel, message, id=id)


def create_channel(
    *, organization: Organization, name: str, kind: ChannelKind, config: Config, actor: User | None = None
) -> Channel:
    """Returns the new channel. A webhook's gets a signing key of its own. Raises NameTaken."""
    if kind is ChannelKind.WEBHOOK:
        config = msgspec.structs.replace(config, key=_new_signing_key())
    channel = Channel(organization=organization, name=name, kind=kind, created_by=actor)
    return _saved(channel, config)


def update_channel(*, channel: Channel, name: str, config: Config, is_active: bool) -> None:
    """Change what a channel is called and where it leads. A webhook keeps its signing key. Raises NameTaken."""
    channel.name, channel.is_active = name, is_active
    _saved(channel, config)


def renew_signing_key(*, channel: Channel) -> str:
    """Returns the new key with which a webhook channel signs from now on. Raises UndecryptableSecret."""
    key = _new_signing_key()
    _saved(channel, msgspec.structs.replace(config_of(channel), key=key))
    return key


def delete_channel(*, channel: Channel) -> None:
    """Tell it of nothing more. What waits for it is given up."""
    channel.delete()


def rewrap_channels(previous: Sequence[str]) -> Rewrapped:
    """Encrypt what channels need anew, under HELICONE_SECRET_KEY."""
    return rewrap(Channel.objects.all(), "config_ciphertext", previous)


def wake_worker() -> None:
    """Have a worker send what waits."""
    try:
        app.send_task("notices.send", expires=10)
    except (CeleryError, OperationalError) as error:
        # Beat has it looked for every few seconds.
        log.warning("notices wait for beat", error=str(error))


def _saved(channel: Channel, config: Config) -> Channel:
    channel.config_ciphertext = encrypted(config)
    channel.hint = hint_of(ChannelKind(channel.kind), config)
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise NameTaken(channel.name) from error
    return channel


def _new_signing_key() -> str:
    return randomness.token_hex(_SIGNING_KEY_BYTES)


def _copy(told: Notice, **receiver: object) -> Notice:
    columns = {
        name: getattr(told, name)
        for name in ("organization_id", "key", "kind", "thread_key", "title", "text", "facts", "path", "html")
    }
    return Notice(**columns, **receiver)
