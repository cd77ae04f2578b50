"""Which requests run now, from what the gateways say of theirs and from the rows that come when they end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec

from ingest_app.live import FORGOTTEN_AFTER_S, Announcement, Row

# A request that its gateway lists no longer has ended; until its row is written it is shown as it was.
WRITTEN_WITHIN_S = 10.0
# A gateway may list a request for a moment longer than its row takes.
ENDED_FOR_S = 20.0
FORGOTTEN_AT_ONCE = 4_000

_decoder = msgspec.json.Decoder(Announcement)


@dataclass(slots=True)
class _Gateway:
    beat: int
    heard_at: float
    total: int
    ids: frozenset[str]


class RunningRequests:
    """The running requests of one organization. Times are of one clock that only goes forward, in seconds."""

    def __init__(self) -> None:
        self._gateways: dict[bytes, _Gateway] = {}
        self._rows: dict[str, tuple[Row, float]] = {}  # with when each was announced last
        self._ended: dict[str, float] = {}
        self.total = 0  # with those beyond what a gateway announces

    @property
    def rows(self) -> list[Row]:
        """Returns what is known of each, the oldest first."""
        return [row for row, _ in self._rows.values()]

    def hear(self, announced: Mapping[bytes, bytes], now: float) -> list[bytes]:
        """Take what the gateways say. Returns those of them that are gone, by their names."""
        gone = []
        heard: dict[bytes, _Gateway] = {}
        for name, content in announced.items():
            try:
                said = _decoder.decode(content)
            except msgspec.DecodeError:
                continue  # of another release
            before = self._gateways.get(name)
            heard_at = before.heard_at if before is not None and before.beat == said.beat else now
            if now - heard_at > FORGOTTEN_AFTER_S:
                gone.append(name)
                continue
            ids = frozenset(row["id"] for row in said.requests)
            heard[name] = _Gateway(said.beat, heard_at, said.total, ids)
            for row in said.requests:
                if row["id"] not in self._ended:
                    self._rows[row["id"]] = row, now
        for name, gateway in self._gateways.items():
            if name not in heard and (name in gone or now - gateway.heard_at > FORGOTTEN_AFTER_S):
                self._drop(gateway.ids)
        self._gateways = heard
        self._forget(now)
        unlisted = sum(one.total - len(one.ids) for one in heard.values())
        self.total = len(self._rows) + unlisted
        return gone

    def end(self, ids: Iterable[str], now: float) -> None:
        """Take that the requests with these ids have ended: their rows are there."""
        for id in ids:
            self._rows.pop(id, None)
            self._ended[id] = now

    def _drop(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._rows.pop(id, None)

    def _forget(self, now: float) -> None:
        unwritten = [id for id, (_, at) in self._rows.items() if now - at > WRITTEN_WITHIN_S]
        self._drop(unwritten)
        for id, ended_at in list(islice(self._ended.items(), FORGOTTEN_AT_ONCE)):  # the first ended first
            if now - ended_at > ENDED_FOR_S:
                del self._ended[id]
