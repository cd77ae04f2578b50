"""Requests that fail, and are sent again and again as they are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.kinds.recent import Recent
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.tally import Fact, Found, Tallies

PAUSE_MINUTES = 10  # who asks the same later than that after a failure asks anew
AT_LEAST = 3  # retries of one request: the SDKs' own try twice


@dataclass
class _Failing:
    """A request that failed and its retries until now. `waiting` are failures that are not worth telling yet."""

    ended_s: float
    retries: int = 0
    waiting: list[tuple[UUID, int | None, int]] = field(default_factory=list)


class Retries:
    """Counts the retries that failed, too, where there were three or more of one request."""

    def __init__(self) -> None:
        self._tallies: Tallies[tuple[str, str]] = Tallies()
        self._statuses: dict[tuple[str, str], Counter[str]] = {}
        self._failing: Recent[bytes, _Failing] = Recent(PAUSE_MINUTES * 60)

    @property
    def is_full(self) -> bool:
        return self._tallies.is_full

    def see(self, call: Call) -> None:
        if call.fingerprint is None or not (call.failed or call.succeeded):
            return
        run = self._failing.get(call.fingerprint, call.began_s)
        if run is None:
            if call.failed:
                self._failing.put(call.fingerprint, _Failing(call.ended_s), call.ended_s)
            return
        run.retries += 1
        if call.failed:
            waited_ms = round(max(0.0, call.ended_s - run.ended_s) * 1000)
            run.waiting.append((call.row.id, call.cost, waited_ms))
            run.ended_s = max(run.ended_s, call.ended_s)
            self._failing.put(call.fingerprint, run, call.ended_s)
        else:
            self._failing.forget(call.fingerprint)
        if run.retries >= AT_LEAST:
            tally = self._tallies.of(call.group)
            for id, cost, waited_ms in run.waiting:
                tally.add_id(id, cost, waited_ms=waited_ms)
            run.waiting.clear()
            if call.failed:
                self._statuses.setdefault(call.group, Counter())[str(call.row.status)] += 1

    def found(self) -> Iterator[Found]:
        for group, tally in self._tallies.items(at_least=1):
            statuses = [status for status, _ in self._statuses.get(group, Counter()).most_common(3)]
            facts: dict[str, Fact] = {"statuses": statuses, "retries": AT_LEAST}
            yield Found(Kind.RETRIES, *group, tally, facts=facts)
