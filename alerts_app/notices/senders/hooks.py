"""Messages as signed calls of any address: for programs, and for services that are not among the others."""

import time
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from alerts_app.notices.config import Config
from alerts_app.notices.links import link
from alerts_app.notices.message import Message, Outcome
from alerts_app.webhooks import delivery
from alerts_app.webhooks.signing import signed_headers


def send(config: Config, message: Message, *, id: UUID, attempt: int) -> Outcome:
    """Returns what came of one POST, signed as those of webhooks are, to an address that is checked each time."""
    at_s = int(time.time())
    body = encoded(message, id=id, at_s=at_s)
    headers = signed_headers(body, [config.key], delivery_id=id, attempt=attempt, at_s=at_s)
    outcome = delivery.post(config.url, body, headers)
    return Outcome(outcome.is_delivered, outcome.text)


def encoded(message: Message, *, id: UUID, at_s: int) -> bytes:
    """Returns the body of the call: compact JSON, in the order that the documentation shows."""
    return msgspec.json.encode(
        {
            "id": str(id),
            "kind": message.kind.value,
            "title": message.title,
            "text": message.text,
            "facts": [{"label": label, "value": value} for label, value in message.facts],
            "url": link(message),
            "thread": message.thread_key,
            "sent_at": datetime.fromtimestamp(at_s, UTC).isoformat(),
        }
    )
