"""A plain client that speaks realtime events."""

import json
from typing import Any

from websockets.sync.client import ClientConnection

PROVIDER_KEY = "sk-fake-openai-key"

Event = dict[str, Any]


class Client:
    """A plain client that speaks events."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, type: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": type, **fields}))

    def hear(self) -> Event:
        event: Event = json.loads(self.connection.recv(timeout=10))
        return event

    def hear_until(self, type: str) -> list[Event]:
        """Returns the events up to the first of this type."""
        events = [self.hear()]
        while events[-1]["type"] != type:
            events.append(self.hear())
        return events

    def ask(self, text: str, **settings: Any) -> Event:
        """Says `text`, asks for a response, and returns it."""
        content = [{"type": "input_text", "text": text}]
        self.say("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self.say("response.create", response=settings)
        response: Event = self.hear_until("response.done")[-1]["response"]
        return response
