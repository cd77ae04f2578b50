"""`/-/metrics`: what Prometheus reads of an installation, and who may."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helicone_site.exposition import Family, exposition, gauge
from tests.events import chat_event, log, wait_until
from tests.instances import Instance
from tests.live import Stack
from tests.raw_http import RawAnswer, send

TOKEN = "a-token-of-the-tests"
KEY = "sk-helicone-metrics-metrics-metrics-metrics"
_LINE = re.compile(r"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\})? -?[0-9.e+]+")


def scrape(url: str, **headers: str) -> RawAnswer:
    return send(f"{url}/-/metrics", method="GET", headers=headers)


def values(answer: RawAnswer) -> dict[str, float]:
    """Returns the samples by name and labels."""
    lines = answer.body.decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_whoever_is_on_this_machine_may_read(stack: Stack) -> None:
    answer = scrape(stack.url)
    assert answer.status == 200
    assert answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-store" in (answer.header("cache-control") or "")
    assert all(_LINE.fullmatch(line) for line in answer.body.decode().splitlines())


def test_it_says_how_the_system_is(stack: Stack) -> None:
    found = values(scrape(stack.url))
    assert {found[f'helicone_up{{part="{part}"}}'] for part in ("database", "redis", "worker")} == {1}
    assert found["helicone_stream_max_bytes"] == 512 << 20
    assert found["process_resident_memory_bytes"] > 1 << 20
    assert 0 < found["process_start_time_seconds"] <= datetime.now(UTC).timestamp()
    known = {name.partition("{")[0] for name in found}
    assert known >= {
        "helicone_dead_letters",
        "helicone_events_missing",
        "helicone_events_total",
        "helicone_events_waiting",
        "helicone_rollup_lag_seconds",
        "helicone_rollup_stale_days",
        "helicone_spool_bytes",
        "helicone_spool_files",
        "helicone_stream_bytes",
        "helicone_stream_entries",
        "helicone_stream_oldest_seconds",
        "process_cpu_seconds_total",
        "process_open_fds",
    }
    assert not any("organization" in name for name in found)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_whoever_comes_through_a_proxy_is_not_on_this_machine(stack: Stack, header: str) -> None:
    assert scrape(stack.url, **{header: "127.0.0.1"}).status == 404


def test_it_is_only_read(stack: Stack) -> None:
    assert send(f"{stack.url}/-/metrics", method="POST", headers={}).status in {403, 405}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance that has a token and tells of its organizations."""
    folder: Path = tmp_path_factory.mktemp("metrics")
    folder.chmod(0o711)
    env = {
        "HELICONE_METRICS_TOKEN": TOKEN,
        "HELICONE_METRICS_ORGANIZATIONS": "true",
        "HELICONE_INIT_ORG": "Acme",
        "HELICONE_INIT_API_KEY": KEY,
    }
    with Instance(folder / "data", env=env) as running:
        running.start()
        running.wait_ready()
        yield running
