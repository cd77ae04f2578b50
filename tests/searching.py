"""Searching the bodies of a test's organization over REST."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from ingest_app.events import LogEvent
from tests.api import Api
from tests.events import chat_event, log, wait_until

INDEXED_WITHIN_S = 5


def said(organization_id: int, asked: str, answered: str = "Of course.", **changes: Any) -> LogEvent:
    """Returns a finished chat of one question and its answer."""
    return chat_of(organization_id, [asked], answered, **changes)


def chat_of(organization_id: int, turns: Sequence[str], answered: str, **changes: Any) -> LogEvent:
    """Returns a chat with a whole history, of user and assistant in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": answered}}]}
    return event_of(organization_id, {"model": "gpt-4o", "messages": messages}, answer, **changes)


def event_of(organization_id: int, request: Any, answer: Any, **changes: Any) -> LogEvent:
    """Returns a request with these bodies: bytes as they are, anything else as JSON."""
    bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in (request, answer)]
    return chat_event(
        organization_id,
        request_body=bodies[0],
        request_bytes=len(bodies[0]),
        response_body=bodies[1],
        response_bytes=len(bodies[1]),
        **changes,
    )


class Searches:
    """Logs requests called by names and finds them again."""

    def __init__(self, api: Api, organization_id: int) -> None:
        self.api = api
        self.organization_id = organization_id

    def log(self, **events: LogEvent) -> None:
        """Log `events`, each under its name, and wait until all are indexed."""
        log(*(msgspec.structs.replace(event, request_id=name) for name, event in events.items()))
        self.wait_for(*events)

    def wait_for(self, *names: str) -> None:
        """Wait until requests of these names are indexed."""

        def indexed() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM request JOIN body_words USING (organization_id, created_at, id)"
                    " WHERE organization_id = %s AND request_id = ANY (%s)",
                    [self.organization_id, list(names)],
                )
                return int(cursor.fetchone()[0]) == len(names)

        wait_until(indexed, within_s=INDEXED_WITHIN_S)

    def found(self, query: str, **parameters: Any) -> list[str]:
        """Returns the names of the requests that a search finds, in order of their names."""
        return sorted(row["request_id"] for row in self.api.rows(q=query, **parameters))
