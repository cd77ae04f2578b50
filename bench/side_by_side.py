"""`python -m bench.side_by_side`: the gateway, nginx, Portkey and LiteLLM in one run, one table.

Each in turn has the first core; the provider and the clients share the second, with the servers of our instance. Of
ours every request is logged; the others log nothing. What does not install, start or answer well has no figures.
"""

import argparse
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import proxies
from bench.gateway import gateway_on_one_core, started_instance
from bench.peers import PEERS, CannotInstall
from bench.processes import OTHER_CORE, NotAnswering, keep_to, provider
from bench.proxies import BadAnswers, Figures, full_load
from bench.wire import STREAM_EVENTS

OURS = "this gateway"
ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("requests/s", lambda figures: f"{figures.requests.per_second:,.0f}"),
    ("CPU per request", lambda figures: f"{figures.requests.cpu_us:,.0f} µs"),
    ("requests/s, by that CPU", lambda figures: f"{figures.requests.per_second_of_cpu:,.0f}"),
    (f"streams of {STREAM_EVENTS} events/s", lambda figures: f"{figures.streams.per_second:,.0f}"),
    ("events of a stream that arrive", lambda figures: f"{figures.events}"),
    ("events/s", lambda figures: f"{figures.streams.per_second * figures.events:,.0f}"),
    ("CPU per stream", lambda figures: f"{figures.streams.cpu_us:,.0f} µs"),
    ("streams/s, by that CPU", lambda figures: f"{figures.streams.per_second_of_cpu:,.0f}"),
    ("added to a direct call, p50", lambda figures: f"{figures.added_ms(0.50):.2f} ms"),
    ("added to a direct call, p99", lambda figures: f"{figures.added_ms(0.99):.2f} ms"),
    ("memory", lambda figures: f"{figures.memory_mb:,.0f} MB"),
)


def main() -> None:
    """Print the table; leave only the installed peers behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.side_by_side", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="for each of four figures (default 8)")
    names = [OURS, *(peer.name for peer in PEERS)]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    arguments = parser.parse_args()
    found: dict[str, Figures] = {}
    failed: dict[str, str] = {}
    keep_to(OTHER_CORE)
    with provider() as port:
        print(_ceiling(port, arguments.seconds), flush=True)
        for name in arguments.only:
            try:
                column, figures = _measure(name, port, arguments.seconds)
            except (CannotInstall, NotAnswering, BadAnswers) as error:
                failed[name] = str(error)
            else:
                found[column] = figures
            print(f"{name}: {'failed' if name in failed else 'done'}", flush=True)
    print(_table(found))
    for name, why in failed.items():
        print(f"{name}: not measured: {why}")


def _measure(name: str, provider_port: int, seconds: float) -> tuple[str, Figures]:
    if name == OURS:
        with started_instance(provider_port) as instance, gateway_on_one_core(instance) as proxy:
            return name, proxies.measure(proxy, provider_port, seconds=seconds)
    peer = next(peer for peer in PEERS if peer.name == name)
    with (
        tempfile.TemporaryDirectory() as place,
        peer.started(provider_port, Path(place)) as proxy,
    ):
        return f"{name} {proxy.version}", proxies.measure(proxy, provider_port, seconds=seconds)


def _ceiling(provider_port: int, seconds: float) -> str:
    """Returns what clients and provider reach on their one core without a proxy: no more can be seen of any."""
    requests, streams = (
        full_load(provider_port, {}, streamed=streamed, seconds=seconds / 2).per_second
        for streamed in (False, True)
    )
    return (
        f"Python {platform.python_version()}. Clients straight to the provider, both on one core: "
        f"{requests:,.0f} requests/s, {streams:,.0f} streams/s."
    )


def _table(found: dict[str, Figures]) -> str:
    """Returns the figures as a Markdown table, a column for each proxy."""
    lines = [["figure", *found], ["---"] * (len(found) + 1)]
    lines += [[label, *(show(figures) for figures in found.values())] for label, show in ROWS]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
