"""Sessions that go round in circles: the same tool called with the same arguments, or the same request sent, again."""

from collections.abc import Iterator
from hashlib import blake2b

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.kinds.recent import Recent
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.tally import Found, Tallies

ALLOWED = 3  # asking for a state now and then is no loop
PAUSE_HOURS = 24
AT_LEAST = 2  # calls beyond what is allowed

_REQUEST = ""  # in place of a tool's name


class Loops:
    """Counts the calls by which a session did for the fourth time, or more often, what it had done before."""

    def __init__(self) -> None:
        self._tallies: Tallies[tuple[str, str, str]] = Tallies()
        self._times: Recent[bytes, int] = Recent(PAUSE_HOURS * 3600)

    @property
    def is_full(self) -> bool:
        return self._tallies.is_full

    def see(self, call: Call) -> None:
        if not call.row.session_id or not call.succeeded:
            return
        repeated = [name for name, given in self._done(call) if self._is_once_too_often(call, name, given)]
        if repeated and not call.is_avoidable:
            call.is_avoidable = True
            self._tallies.of((*call.group, repeated[0])).add(call, call.cost)

    def found(self) -> Iterator[Found]:
        for (provider, model, tool), tally in self._tallies.items(at_least=AT_LEAST):
            yield Found(
                Kind.LOOPS, provider, model, tally, about=tool, facts={"tool": tool, "allowed": ALLOWED}
            )

    def _done(self, call: Call) -> Iterator[tuple[str, bytes]]:
        for name, given in set(call.tool_calls):
            yield name, given.encode("utf-8", "surrogatepass")
        if call.fingerprint is not None:
            yield _REQUEST, call.fingerprint

    def _is_once_too_often(self, call: Call, name: str, given: bytes) -> bool:
        asked = "\0".join((call.row.session_id, name)).encode("utf-8", "surrogatepass")
        key = blake2b(asked + b"\0" + given, digest_size=16).digest()
        times = (self._times.get(key, call.began_s) or 0) + 1
        self._times.put(key, times, call.began_s)
        return times > ALLOWED
