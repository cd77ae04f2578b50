"""Plays a piece of work from its first request to its last, and records it as the gateway would have."""

import random
from collections.abc import Iterator
from uuid import UUID

from ingest_app.demo import agents, failures
from ingest_app.demo.dialogue import Step, Work
from ingest_app.demo.exchange import Connection, Exchange
from ingest_app.demo.people import Caller, People
from ingest_app.demo.scene import Scene
from ingest_app.demo.schedule import Period, Unit
from ingest_app.demo.tasks import SINGLES, chat
from ingest_app.events import LogEvent, uuid7

_STREAMED = {
    "agent": 0.75,
    "chat": 0.97,
    "invoices": 0.1,
    "marketing": 0.75,
    "search": 0.0,
    "support": 0.65,
    "triage": 0.0,
}
_OWN_REQUEST_ID = 0.04  # of requests have an id of the client's
_INCIDENT_SLOWNESS = (2.5, 6.0)


class Recorder:
    """Makes the events of one organization."""

    def __init__(
        self,
        *,
        rng: random.Random,
        organization_id: int,
        api_key_ids: list[int],
        people: People,
        period: Period,
    ) -> None:
        self._rng = rng
        self._organization_id = organization_id
        self._api_key_ids = api_key_ids
        self._people = people
        self._period = period

    def events(self, unit: Unit) -> Iterator[LogEvent]:
        """Yields the events of `unit`: as many as it has requests, or fewer."""
        rng = self._rng
        failing = self._failing(unit)
        work = self._work(unit, max(unit.requests - len(failing), 1))
        progress = self._period.progress(unit.at_us)
        caller = self._people.caller(rng, feature=work.feature, progress=progress)
        session_id = self._random_id() if work.session_name else ""
        connection = Connection(unit.model, rng, streams=rng.random() < _STREAMED[unit.kind])
        at_us = unit.at_us
        for place, step in enumerate(work.steps):
            if place:
                at_us += round(step.pause_s * 1e6)
            in_incident = self._period.in_incident(at_us)
            slowness = rng.uniform(*_INCIDENT_SLOWNESS) if in_incident else 1.0
            kind = failures.chosen(rng, in_incident=True) if in_incident else failing.get(place)
            if kind:
                exchange = connection.failed(step, kind, slowness=slowness)
                yield self._event(unit, work, step, caller, session_id, at_us, exchange)
                if in_incident or unit.requests == 1:
                    return
                # The SDKs try again by themselves after a second or two.
                at_us += exchange.latency_ms * 1000 + rng.randrange(500_000, 4_000_000)
            exchange = connection.answered(step, at_s=at_us // 1_000_000, slowness=slowness)
            yield self._event(unit, work, step, caller, session_id, at_us, exchange)
            if exchange.status != 200:
                return  # whoever gave up has nothing to go on with
            at_us += exchange.latency_ms * 1000

    def _failing(self, unit: Unit) -> dict[int, str]:
        """Returns how the work fails at which of its steps. Sessions keep two steps at least."""
        rng = self._rng
        if unit.requests == 1:
            return {0: kind} if (kind := failures.chosen(rng, in_incident=False)) else {}
        kinds = [failures.chosen(rng, in_incident=False) for _ in range(unit.requests - 2)]
        kinds = [kind for kind in kinds if kind]
        return {rng.randrange(unit.requests - len(kinds)): kind for kind in kinds}

    def _work(self, unit: Unit, steps: int) -> Work:
        scene = Scene(self._rng)
        if unit.kind == "agent":
            return agents.session(agents.AGENTS[unit.agent], scene, unit.model, steps)
        if unit.kind == "chat":
            return chat(scene, steps)
        return SINGLES[unit.kind](scene)

    def _event(
        self,
        unit: Unit,
        work: Work,
        step: Step,
        caller: Caller,
        session_id: str,
        at_us: int,
        exchange: Exchange,
    ) -> LogEvent:
        rng, model = self._rng, unit.model
        return LogEvent(
            keeps_time=True,
            id=uuid7(at_us),
            organization_id=self._organization_id,
            api_key_id=rng.choice(self._api_key_ids) if self._api_key_ids else None,
            created_at_us=at_us,
            provider=model.provider,
            path=model.path,
            target_url=model.target_url,
            status=exchange.status,
            error=exchange.error,
            is_stream=exchange.is_stream,
            latency_ms=exchange.latency_ms,
            request_id=self._random_id() if rng.random() < _OWN_REQUEST_ID else "",
            user_id=caller.user_id,
            session_id=session_id,
            session_path=step.path if session_id else "",
            session_name=work.session_name,
            properties=caller.properties,
            request_body=exchange.request_body,
            request_bytes=len(exchange.request_body),
            response_body=exchange.response_body,
            response_bytes=len(exchange.response_body),
            arrivals=list(exchange.arrivals),
        )

    def _random_id(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))
