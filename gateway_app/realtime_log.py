"""The log events of a realtime connection: one for each response, or one for a handshake that failed."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from accounts_app.directory import Caller
from gateway_app.headers import CallerHeaders
from gateway_app.realtime_turns import Turn, Turns
from ingest_app.digest import without_omitted
from ingest_app.event_log import EventLog
from ingest_app.events import LogEvent, now_us, uuid7


@dataclass(kw_only=True)
class RealtimeLog:
    """Writes the events of one connection; none for a caller whom nobody knows."""

    caller: Caller | None
    seen: CallerHeaders
    provider: str  # its name
    path: str
    target_url: str = ""  # known once there is a provider to go to
    turns: Turns
    event_log: EventLog
    _began_at_us: int = field(default_factory=now_us)
    _began_s: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        # The handshake's Helicone-Id. As the request id of each response it finds the newest.
        self.connection_id = str(uuid7(self._began_at_us))

    def put(self, turn: Turn) -> asyncio.Future[None]:
        """Log a turn. Returns the future that is done when it is in the log."""
        answer, arrivals = turn.answer()
        return self._put(
            created_at_us=turn.began_at_us,
            status=turn.status,
            error=turn.error,
            latency_ms=turn.latency_ms,
            is_stream=True,
            request_body=turn.request_body(),
            response_body=answer,
            response_bytes=turn.answer_bytes,
            arrivals=arrivals,
        )

    def put_refusal(self, status: int, error: str, body: bytes, encoding: str = "") -> asyncio.Future[None]:
        """Log that the session did not begin, and what the client was told."""
        return self._put(
            created_at_us=self._began_at_us,
            status=status,
            error=error,
            latency_ms=round((time.perf_counter() - self._began_s) * 1000),
            request_body=self.turns.settings(),
            response_body=body,
            response_encoding=encoding,
            response_bytes=len(body),
        )

    def _put(self, *, created_at_us: int, request_body: bytes, **fields: Any) -> asyncio.Future[None]:
        if self.caller is None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        seen = self.seen
        # So that the responses of a connection are found together without any set-up.
        found_together = {
            "request_id": seen.request_id or self.connection_id,
            "session_id": seen.session_id or self.turns.session_id,
        }
        event = LogEvent(
            id=uuid7(created_at_us),
            organization_id=self.caller.organization_id,
            api_key_id=self.caller.api_key_id,
            created_at_us=created_at_us,
            provider=self.provider,
            path=self.path,
            target_url=self.target_url,
            request_body=request_body,
            request_bytes=len(request_body),
            **{**seen.labels(), **found_together, **fields},
        )
        return self.event_log.put(without_omitted(event))
