"""Identical requests, which a cache of answers would have answered."""

from collections.abc import Iterator

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.kinds.recent import Recent
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.tally import Found, Tallies

LIFETIME_DAYS = 7  # Helicone-Cache's default
AT_LEAST = 3


class Repeated:
    """Plays the cache: an answer is kept from its end for seven days, and stands for whatever asks the same then."""

    def __init__(self) -> None:
        self._tallies: Tallies[tuple[str, str]] = Tallies()
        self._answered_s: Recent[bytes, float] = Recent(LIFETIME_DAYS * 86_400)

    @property
    def is_full(self) -> bool:
        return self._tallies.is_full

    def see(self, call: Call) -> None:
        if not call.succeeded or call.fingerprint is None:
            return
        answered_s = self._answered_s.get(call.fingerprint, call.began_s)
        if answered_s is None:
            self._answered_s.put(call.fingerprint, call.ended_s, call.began_s)
        elif answered_s <= call.began_s and not call.is_avoidable:
            call.is_avoidable = True
            self._tallies.of(call.group).add(call, call.cost, latency_ms=call.row.latency_ms)

    def found(self) -> Iterator[Found]:
        for (provider, model), tally in self._tallies.items(at_least=AT_LEAST):
            yield Found(Kind.REPEATED, provider, model, tally, facts={"days": LIFETIME_DAYS})
