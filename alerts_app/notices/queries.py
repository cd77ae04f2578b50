"""Reads of channels and notices, each of one organization."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from alerts_app.notices.models import Channel, Notice
from alerts_app.notices.uses import uses_of_channels

RECENT = 50


class ChannelNotFound(Exception):
    """The organization has no such channel."""


def channels(organization_id: int) -> QuerySet[Channel]:
    """Returns all channels by name, those that are switched off too."""
    return Channel.objects.filter(organization_id=organization_id).order_by("name", "id")


def channel_of(organization_id: int, id: UUID) -> Channel:
    """Returns one channel. Raises ChannelNotFound."""
    try:
        return Channel.objects.get(organization_id=organization_id, id=id)
    except Channel.DoesNotExist as error:
        raise ChannelNotFound(str(id)) from error


def notices_of(organization_id: int, thread_key: str) -> QuerySet[Notice]:
    """Returns the notices of one thread (of an incident, say), oldest first."""
    notices = Notice.objects.filter(organization_id=organization_id, thread_key=thread_key)
    return notices.order_by("created_at", "id")


def recent_notices(organization_id: int) -> QuerySet[Notice]:
    """Returns the newest notices, at most `RECENT`."""
    return (
        Notice.objects.filter(organization_id=organization_id)
        .defer("html")
        .order_by("-created_at", "-id")[:RECENT]
    )


@dataclass(frozen=True, slots=True)
class ShownChannel:
    """A channel, the last notice that it was told or not told, and who tells it."""

    channel: Channel
    last: Notice | None
    uses: list[str]


def shown_channels(organization_id: int) -> list[ShownChannel]:
    """Returns all channels as their page shows them."""
    newest = Notice.objects.filter(organization_id=organization_id, channel__isnull=False).defer("html")
    last = {
        notice.channel_id: notice
        for notice in newest.order_by("channel_id", "-created_at", "-id").distinct("channel_id")
    }
    uses = uses_of_channels(organization_id)
    return [
        ShownChannel(channel, last.get(channel.pk), uses.get(channel.pk, []))
        for channel in channels(organization_id)
    ]
