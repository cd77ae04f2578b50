"""Letting a request through only within its limits: one question to Redis, one answer when it has ended.

Nothing is asked for requests of organizations without limits that bring no policy. Whatever fails in here fails no
request, but those of whom somebody said that they shall be refused then.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace

import redis.asyncio
import structlog

from accounts_app.directory import Caller
from gateway_app import errors
from gateway_app.headers import CallerHeaders
from gateway_app.limits.asking import Asking, Unknown
from gateway_app.limits.book import LimitBook
from gateway_app.limits.refusals import over_budget, over_rate, rate_headers
from gateway_app.limits.request import Concerned, Request
from gateway_app.limits.settling import Settling
from gateway_app.outgoing import Outgoing
from ingest_app.digest import digest
from ingest_app.events import LogEvent
from ingest_app.own_prices import OwnPrices, cost_of_event
from limits_app.pots import Pot
from limits_app.steps import (
    REMEMBERED_MS,
    WAITS_FOR_WRITER_MS,
    Answer,
    Question,
    Verdict,
    moment,
    renew_arguments,
    settle_arguments,
)

log = structlog.get_logger(__name__)

# How long a request waits for what its limits say.
DEADLINE_S = 0.25
# What a gateway reserved that died is free again after so long. Requests under way renew it.
LEASE_S = float(os.environ.get("HELICONE_RESERVATION_LEASE_S", "60"))
RATES_CLOSED_WHEN_AWAY = os.environ.get("HELICONE_LIMITS_WHEN_REDIS_AWAY", "open").lower() == "closed"
RATE_LIMIT_STATUS = ("Helicone-Rate-Limit-Status", "bucket_rate_limited")  # a property (contract 1.2)
# A larger answer is read in a thread: it would hold up the others.
_READ_AT_ONCE_BYTES = 1 << 16
_RENEWED_AT_ONCE = 500


class Admission:
    """A request that was let through. `ended` or `close` must follow."""

    def __init__(
        self,
        gate: "Gate",
        request_id: str,
        question: Question,
        pots: list[Pot],
        own: OwnPrices | None,
    ) -> None:
        self._gate = gate
        self.request_id = request_id
        self._question, self._pots, self._own = question, pots, own
        self.headers: list[tuple[bytes, bytes]] = []  # for the answer
        self.began_s = time.monotonic()
        self._is_over = False

    def ended(self, event: LogEvent) -> None:
        """Give back what was reserved, and take what it cost."""
        if not self._is_over:
            self._is_over = True
            self._gate.end(self, event)

    def close(self) -> None:
        """Give everything back, when it has not ended."""
        if not self._is_over:
            self._is_over = True
            self._gate.end(self, None)

    def cost(self, event: LogEvent) -> int:
        """Returns what the answer cost, in nano-dollars. Reads it as the writer does."""
        return cost_of_event(event, digest(event).facts, self._own, moment(event.created_at_us))

    def settled(self, cost_nanodollars: int) -> tuple[int | str, ...]:
        """Returns the step that settles it."""
        kept_ms = WAITS_FOR_WRITER_MS if self._question.budgets else REMEMBERED_MS
        return settle_arguments(
            self.request_id, cost_nanodollars, self._pots, by_writer=False, kept_ms=kept_ms
        )


class Gate:
    """Make it in the running loop, and start it."""

    def __init__(self, *, book: LimitBook, client: redis.asyncio.Redis) -> None:
        self._book = book
        self._asking = Asking(client)
        self._settling = Settling(self._asking)
        self._under_way: dict[str, Admission] = {}
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Keep the reservations of requests under way."""
        self._renewing = asyncio.create_task(self._renew_forever(), name="renew reservations")

    async def close(self) -> None:
        """Settle what has ended, then stop."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await asyncio.gather(*self._side_tasks, return_exceptions=True)
        await self._settling.close()
        await self._asking.close()

    def concerns(self, caller: Caller, seen: CallerHeaders) -> bool:
        """Returns whether a request may fall under any limit."""
        limits = self._book.of(caller.organization_id)
        return bool(seen.rate_limit_policy or limits.budgets or limits.rates)

    async def admit(
        self, request: Request, prepared: Callable[[str], Outgoing]
    ) -> tuple[Outgoing, Admission | None]:
        """Returns what to send, and the admission; none where no limit is about the request after all.

        `prepared` makes the call, asking for another model where it is given one. Raises GatewayError, also what
        `prepared` raises.
        """
        outgoing = prepared("")
        try:
            return await self._admit(request, prepared, outgoing)
        except errors.GatewayError:
            raise
        except Exception:
            log.exception("limits not applied", event_id=str(request.id))
            return outgoing, None

    async def admit_session(self, request: Request, model: str) -> Admission | None:
        """Returns the admission of a realtime session: it takes from rate limits, and reserves nothing.

        None where no limit is about it. Raises GatewayError.
        """
        limits = self._book.of(request.caller.organization_id)
        question = Concerned(request, limits, None, "").session_question(model)
        if not (question.rates or question.budgets):
            return None
        answer = await self._ask(request, question, lease_ms=0)
        if answer is None:
            return None
        if answer.verdict is not Verdict.PASS:
            raise _refusal(request, answer)
        admission = Admission(self, request.id.hex, question, [], None)
        admission.headers = rate_headers(answer.rates)
        return admission

    async def _admit(
        self, request: Request, prepared: Callable[[str], Outgoing], outgoing: Outgoing
    ) -> tuple[Outgoing, Admission | None]:
        organization_id, lease_ms = request.caller.organization_id, round(LEASE_S * 1000)
        limits, own = self._book.of(organization_id), self._book.prices(organization_id)
        concerned = Concerned(request, limits, own, outgoing.destination.path)
        question = concerned.question(outgoing)
        if not (question.rates or question.budgets):
            return outgoing, None
        answer = await self._ask(request, question, lease_ms=lease_ms)
        added: list[tuple[bytes, bytes]] = []
        if answer is not None and answer.verdict is Verdict.CHEAPER:
            outgoing = _switched(prepared, answer)
            question = concerned.question(outgoing, is_switched=True)
            answer = await self._ask(request, question, lease_ms=lease_ms)
            added = [(b"helicone-budget-model", outgoing.sent_model.encode())]
        if answer is not None and answer.verdict is not Verdict.PASS:
            raise _refusal(request, answer)
        admission = Admission(self, request.id.hex, question, question.settled_in(request.at), own)
        admission.headers = [*(rate_headers(answer.rates) if answer is not None else ()), *added]
        if question.counts_cost:
            self._under_way[admission.request_id] = admission
        return outgoing, admission

    async def _ask(self, request: Request, question: Question, *, lease_ms: int) -> Answer | None:
        """Returns what Redis said, None where nobody knows. Raises GatewayError where that is a refusal."""
        try:
            replies = await self._asking.ask("admit", [question.arguments(request.id.hex, lease_ms=lease_ms)])
        except Unknown:
            is_closed = any(take.budget.is_closed_when_unknown for take in question.budgets)
            if is_closed or (question.rates and RATES_CLOSED_WHEN_AWAY and request.policy is None):
                # It may have been carried out nevertheless.
                self._settling.put(Admission(self, request.id.hex, question, [], None).settled(0))
                raise errors.limits_unavailable() from None
            return None
        return question.read(replies[0])

    def end(self, admission: Admission, event: LogEvent | None) -> None:
        """Settle an admission that has just ended; without an event it cost nothing."""
        if self._under_way.pop(admission.request_id, None) is None:
            return  # there is nothing to settle
        if event is None or event.status >= 400:
            self._settling.put(admission.settled(0))
        elif len(event.request_body) + len(event.response_body) <= _READ_AT_ONCE_BYTES:
            # After the event is on its way into the log, which the client waits for.
            asyncio.get_running_loop().call_soon(self._settle_read, admission, event)
        else:
            task = asyncio.create_task(self._settle_large(admission, event), name="settle a large answer")
            self._side_tasks.add(task)
            task.add_done_callback(self._side_tasks.discard)

    def _settle_read(self, admission: Admission, event: LogEvent) -> None:
        try:
            cost = admission.cost(event)
        except Exception:
            log.exception("cost left to the writer", event_id=str(event.id))
            return
        self._settling.put(admission.settled(cost))

    async def _settle_large(self, admission: Admission, event: LogEvent) -> None:
        try:
            cost = await asyncio.to_thread(admission.cost, event)
        except Exception:
            log.exception("cost left to the writer", event_id=str(event.id))
            return
        self._settling.put(admission.settled(cost))

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            old = time.monotonic() - LEASE_S / 6
            steps = [
                renew_arguments(one.request_id, lease_ms=round(LEASE_S * 1000))
                for one in self._under_way.values()
                if one.began_s < old
            ]
            for start in range(0, len(steps), _RENEWED_AT_ONCE):
                try:
                    await self._asking.ask("renew", steps[start : start + _RENEWED_AT_ONCE])
                except Unknown:
                    log.debug("reservations not renewed", requests=len(steps))
                    break


def _switched(prepared: Callable[[str], Outgoing], answer: Answer) -> Outgoing:
    """Returns the call to the cheaper model of the budget that asks for it. Raises GatewayError."""
    outgoing = prepared(answer.budgets[answer.which].take.budget.cheaper_model)
    if not outgoing.sent_model:
        # Nobody can write another model into such a body.
        raise over_budget(replace(answer, verdict=Verdict.OVER_BUDGET))
    return outgoing


def _refusal(request: Request, answer: Answer) -> errors.GatewayError:
    if answer.verdict is Verdict.UNKNOWN:
        return errors.limits_unavailable()
    if answer.verdict is Verdict.RATE_LIMITED:
        name, value = RATE_LIMIT_STATUS
        request.seen.properties[name] = value
        return over_rate(answer)
    return over_budget(answer)
