"""Reads of webhooks, each of one organization."""

from uuid import UUID

from django.db.models import QuerySet

from accounts_app import secrets
from alerts_app.webhooks.models import Webhook


class WebhookNotFound(Exception):
    """The organization has no such webhook."""


def webhooks(organization_id: int) -> QuerySet[Webhook]:
    """Returns all webhooks, oldest first."""
    return Webhook.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def webhook_of(organization_id: int, id: UUID) -> Webhook:
    """Returns one webhook. Raises WebhookNotFound."""
    try:
        return Webhook.objects.get(organization_id=organization_id, id=id)
    except Webhook.DoesNotExist as error:
        raise WebhookNotFound(str(id)) from error


def signing_key(webhook: Webhook) -> str:
    """Returns the key with which its calls are signed. Raises UndecryptableSecret."""
    return secrets.decrypt(webhook.signing_key_ciphertext)
