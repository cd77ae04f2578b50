"""The gateway as a proxy to be measured: an instance of its own, and one more web process on the first core."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import proxies
from bench.processes import ALL_CORES, OTHER_CORE, keep_to, on_measured_core, wait_answering
from bench.proxies import Proxy
from tests.instances import PROJECT_DIR, Instance, free_port

SECONDS = 8.0
API_KEY = "sk-helicone-bench00-bench00-bench00-bench00"
HEADERS = {"authorization": "Bearer sk-bench", "helicone-auth": f"Bearer {API_KEY}"}


@contextmanager
def started_instance(provider_port: int, *, stream_mib: int = 2048) -> Iterator[Instance]:
    """Yields a ready instance that sends OpenAI's requests to the provider; this process has its settings, too."""
    env = {
        "HELICONE_PROVIDER_OPENAI_URL": f"http://127.0.0.1:{provider_port}",
        "HELICONE_INIT_API_KEY": API_KEY,
        # Nobody empties the stream while the gateway is measured.
        "HELICONE_STREAM_MIB": str(stream_mib),
    }
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data", env=env) as instance:
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        yield instance


@contextmanager
def halted(*pids: int) -> Iterator[None]:
    """The processes stand still meanwhile: two cores are too few for them, too."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def gateway_on_one_core(instance: Instance) -> Iterator[Proxy]:
    """Yields a second web process on the instance's servers, which keep to the other core, as does this process.

    Worker and beat stand still; what was logged is forgotten at the end. Raises NotAnswering.
    """
    children = instance.children()
    port, output = free_port(), instance.data_dir.parent / "measured.log"
    argv = [sys.executable, PROJECT_DIR / "manage.py", "web"]
    with ExitStack() as stack:
        for pid in (os.getpid(), *instance.processes()):
            keep_to(OTHER_CORE, pid)
            stack.callback(keep_to, ALL_CORES, pid)
        stack.enter_context(halted(children["worker"], children["beat"]))
        stack.callback(_forget_logged)
        process = stack.enter_context(
            on_measured_core(argv, env={**instance.env, "PORT": str(port)}, cwd=PROJECT_DIR, output=output)
        )
        wait_answering(port, HEADERS, process, output)
        yield Proxy("this gateway", "", port, process.pid, HEADERS, _Logged().take)


def measure(instance: Instance, provider_port: int) -> list[tuple[str, str]]:
    """Returns the rows (figure, value) of the table."""
    with gateway_on_one_core(instance) as proxy:
        figures = proxies.measure(proxy, provider_port, seconds=SECONDS)
    rows: list[tuple[str, str]] = []
    for name, rate in (("requests", figures.requests), ("streams of 61 events", figures.streams)):
        rows += [
            (f"logged {name}/s, one gateway process, 32 connections", f"{rate.per_second:,.0f}"),
            (f"CPU of the gateway per {name.split()[0][:-1]}", f"{rate.cpu_us:,.0f} µs"),
            (f"logged {name}/s on one core, by that CPU", f"{rate.per_second_of_cpu:,.0f}"),
        ]
    for label, share in (("p50", 0.50), ("p99", 0.99)):
        direct_ms = figures.direct.percentile_ms(share)
        rows.append(
            (
                f"added to a direct call, {label} (direct {direct_ms:.2f} ms)",
                f"{figures.added_ms(share):.2f} ms",
            )
        )
    rows.append(("memory of the gateway process", f"{figures.memory_mb:,.0f} MB"))
    return rows


class _Logged:
    """Counts what the gateway has logged: Redis does, by the hour and organization."""

    def __init__(self) -> None:
        from helicone_site.redis_client import sync_client
        from ingest_app.counts import received_key

        self._redis = sync_client()
        self._keys = received_key(0).removesuffix("0") + "*"
        self._before = 0

    def take(self) -> int:
        """Returns how many requests since the last time, and forgets what they were."""
        total = sum(int(n) for key in self._redis.scan_iter(self._keys) for n in self._redis.hvals(key))
        _forget_logged()
        before, self._before = self._before, total
        return total - before


def _forget_logged() -> None:
    """Empty the stream: the next measurement shall find it as this one did."""
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import STREAM, STREAM_BYTES, WAITING, ensure_group

    redis = sync_client()
    redis.delete(STREAM, STREAM_BYTES, WAITING)
    ensure_group(redis)
