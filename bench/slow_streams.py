"""`python -m bench.slow_streams`: a thousand streams at once through one gateway process, an event now and then.

The provider writes into each event when it was sent, by the clock that all processes of a machine share.
"""

import argparse
import asyncio
import json
import re
import resource
import time

from bench.gateway import gateway_on_one_core, started_instance
from bench.processes import OTHER_CORE, PATH, cpu_s, keep_to, provider, resident_mb
from bench.proxies import Proxy
from bench.wire import Client, Load, Provider, run_clients, serve_provider

EVERY_S = 0.5
EVENTS = 40
_SENT_AT = re.compile(rb'"sent_at_ns": (\d+)\}\n\n')


class SlowProvider(Provider):
    """Streams an event every half second for twenty seconds, and then the end; other requests it answers at once."""

    def _stream(self) -> None:
        self._transport.write(self.stream_head)  # type: ignore[attr-defined]
        asyncio.get_running_loop().call_later(EVERY_S, self._send_event, 1)

    def _send_event(self, number: int) -> None:
        if self._transport.is_closing():
            return
        choice = {"index": 0, "delta": {"content": f"word{number} "}, "finish_reason": None}
        event = {
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "model": "gpt-4o-mini",
            "choices": [choice],
            "sent_at_ns": time.monotonic_ns(),
        }
        self._write_event(json.dumps(event).encode())
        if number < EVENTS:
            asyncio.get_running_loop().call_later(EVERY_S, self._send_event, number + 1)
        else:
            self._write_event(b"[DONE]")
            self._transport.write(b"0\r\n\r\n")  # type: ignore[attr-defined]

    def _write_event(self, data: bytes) -> None:
        event = b"data: " + data + b"\n\n"
        self._transport.write(b"%x\r\n%s\r\n" % (len(event), event))  # type: ignore[attr-defined]


class SlowClient(Client):
    """Notes how late each event comes. An event may come in two pieces."""

    _open = b""

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._open += data
        end = 0
        for stamp in _SENT_AT.finditer(self._open):
            self._load.delays.append((now - int(stamp[1])) / 1e9)
            end = stamp.end()
        self._open = self._open[end:]
        super().data_received(data)


def serve(port: int) -> None:
    """Serve slow streams until killed."""
    serve_provider(port, SlowProvider)


def main() -> None:
    """Print what became of the streams, straight and through the gateway."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000, help="at once (default 1000)")
    streams = parser.parse_args().streams
    allow_files(4 * streams + 100)
    keep_to(OTHER_CORE)
    with provider("serve", "bench.slow_streams") as port:
        _show("straight to the provider", _run(port, {}, streams), streams)
        with started_instance(port) as instance, gateway_on_one_core(instance) as proxy:
            _through(proxy, streams)


def _through(proxy: Proxy, streams: int) -> None:
    assert proxy.take_logged is not None
    proxy.take_logged()
    before_mb, cpu = resident_mb(proxy.pid), cpu_s(proxy.pid)
    load = _run(proxy.port, dict(proxy.headers), streams)
    cpu = cpu_s(proxy.pid) - cpu
    _show("through one gateway process", load, streams)
    print(f"  logged: {proxy.take_logged():,}")
    print(
        f"  CPU of the gateway: {cpu:.1f} s in {load.seconds:.1f} s, {cpu / len(load.delays) * 1e6:,.0f} µs an event"
    )
    print(
        f"  memory of the gateway: {before_mb:,.0f} MB before, {resident_mb(proxy.pid, peak=True):,.0f} MB at most"
    )


def _run(port: int, headers: dict[str, str], streams: int) -> Load:
    return run_clients(port, PATH, headers, streamed=True, connections=streams, seconds=0, client=SlowClient)


def _show(title: str, load: Load, streams: int) -> None:
    ordered = sorted(load.delays)
    late = {share: ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.99, 1)}
    print(f"{title}: {len(load.latencies):,} of {streams:,} streams complete in {load.seconds:.1f} s")
    print(f"  events: {len(ordered):,} of {streams * EVENTS:,}; bad or broken off: {load.bad}")
    print(
        f"  an event comes late by: p50 {late[0.5]:.2f}, p99 {late[0.99]:.2f}, max {late[1]:.2f} ms",
        flush=True,
    )


def allow_files(number: int) -> None:
    """Raise the limit of open files, which is 1,024 by default on many machines, for this process and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    soft = max(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == "__main__":
    main()
