"""What a proxy takes and what it adds: one measurement for the gateway and for those it is compared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.processes import PATH, answer, cpu_s, resident_mb
from bench.wire import Load, run_clients

CONNECTIONS = 32
WARM_UP_S = 1.0
# A low rate: each client waits this long after every answer.
PAUSE_S = 0.004
# Straight and through the proxy by turns, so that both see the same weather.
TURNS = 4


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that answers now. `take_logged` returns how many requests it has logged since it was last asked."""

    name: str
    version: str
    port: int
    pid: int
    headers: Mapping[str, str]
    take_logged: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers per second at full load, and the CPU that the proxy used for each."""

    per_second: float
    cpu_us: float

    @property
    def per_second_of_cpu(self) -> float:
        """Returns what one core would do if nothing else held it up."""
        return 1e6 / self.cpu_us


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured of one proxy. `events` is how many events of a stream of 61 reach the client."""

    requests: Rate
    streams: Rate
    events: int
    direct: Load
    through: Load
    memory_mb: float

    def added_ms(self, share: float) -> float:
        """Returns how much later than straight the call at this percentile (0 to 1) ends, in milliseconds."""
        return self.through.percentile_ms(share) - self.direct.percentile_ms(share)


class BadAnswers(Exception):
    """Answers that were not 200, broke off or were not logged: a rate of them would say nothing."""


def measure(proxy: Proxy, provider_port: int, *, seconds: float) -> Figures:
    """Returns the figures, in about 4 × `seconds`. Raises BadAnswers, NotAnswering."""
    events = answer(proxy.port, proxy.headers, streamed=True).count(b"data:")
    requests = _rate(proxy, streamed=False, seconds=seconds)
    streams = _rate(proxy, streamed=True, seconds=seconds)
    direct, through = _by_turns(proxy, provider_port, seconds=seconds)
    return Figures(requests, streams, events, direct, through, resident_mb(proxy.pid))


def full_load(port: int, headers: Mapping[str, str], *, streamed: bool, seconds: float) -> Load:
    """Returns what 32 clients saw that waited for nothing but their answers. Raises BadAnswers."""
    load = run_clients(port, PATH, headers, streamed=streamed, connections=CONNECTIONS, seconds=seconds)
    check(load)
    return load


def check(load: Load) -> None:
    """Raises BadAnswers unless all answers were good, and at least one came."""
    if load.bad or not load.latencies:
        raise BadAnswers(f"{load.bad} of {len(load.latencies) + load.bad} answers broke off or were not 200")


def _rate(proxy: Proxy, *, streamed: bool, seconds: float) -> Rate:
    full_load(proxy.port, proxy.headers, streamed=streamed, seconds=WARM_UP_S)
    if proxy.take_logged:
        proxy.take_logged()
    cpu = cpu_s(proxy.pid)
    load = full_load(proxy.port, proxy.headers, streamed=streamed, seconds=seconds)
    cpu = cpu_s(proxy.pid) - cpu
    count = len(load.latencies)
    if proxy.take_logged and (logged := proxy.take_logged()) != count:
        raise BadAnswers(f"{logged} of {count} requests were logged")
    return Rate(load.per_second, cpu / count * 1e6)


def _by_turns(proxy: Proxy, provider_port: int, *, seconds: float) -> tuple[Load, Load]:
    direct, through = Load(), Load()
    for _ in range(TURNS):
        for port, total in ((provider_port, direct), (proxy.port, through)):
            load = run_clients(
                port, PATH, proxy.headers, connections=2, seconds=seconds / TURNS, pause_s=PAUSE_S
            )
            check(load)
            total.latencies += load.latencies
    return direct, through
