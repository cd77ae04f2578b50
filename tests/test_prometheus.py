"""`/-/metrics`: what Prometheus reads of an installation, and who may."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helicone_site.exposition import Family, exposition, gauge
from tests.events import wait_until
from tests.instances import PROJECT_DIR, Instance
from tests.live import Stack
from tests.manual_logs import manual_log, post_log
from tests.raw_http import RawAnswer, send

TOKEN = "a-token-of-the-tests"
KEY = "sk-helicone-metrics-metrics-metrics-metrics"
_LABELS = r'\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\}'
_LINE = re.compile(rf"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+({_LABELS})? -?[0-9.e+-]+")


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


def test_what_is_known_is_told_while_redis_is_away(stack: Stack) -> None:
    look = "import django; django.setup(); from django.test import Client; print(Client().get('/-/metrics').text)"
    done = subprocess.run(
        [sys.executable, "-c", look],
        cwd=PROJECT_DIR,
        env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    assert {'helicone_up{part="database"} 1', 'helicone_up{part="redis"} 0'} <= {*lines}, done.stderr
    assert any(line.startswith("helicone_rollup_lag_seconds ") for line in lines)
    assert not any(line.startswith("helicone_events_total") for line in lines)


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


@pytest.mark.parametrize("header", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer sk-helicone-ünïcode"])
def test_with_a_token_nobody_reads_without_it(instance: Instance, header: str) -> None:
    headers: dict[str, str] = {"Authorization": header} if header else {}
    answer = scrape(instance.url, **headers)
    assert (answer.status, answer.header("www-authenticate")) == (401, 'Bearer realm="metrics"')
    assert b"helicone_up" not in answer.body


def test_with_the_token_it_is_read_also_through_a_proxy(instance: Instance) -> None:
    answer = scrape(instance.url, **{"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.1"})
    assert answer.status == 200


def test_organizations_have_counters_of_the_day(instance: Instance) -> None:
    def of_acme() -> dict[str, float]:
        found = values(scrape(instance.url, Authorization=f"Bearer {TOKEN}"))
        return {
            name.removeprefix("helicone_organization_").partition("_total")[0]: value
            for name, value in found.items()
            if name.endswith('{organization="acme"}')
        }

    before = of_acme()
    assert before == {"requests": 0, "errors": 0, "cost_usd": 0, "prompt_tokens": 0, "completion_tokens": 0}
    for status in (200, 500):
        assert post_log(f"{instance.url}/oai/v1/log", manual_log(status=status), key=KEY).status == 200
    wait_until(lambda: of_acme()["requests"] == 2, within_s=20)
    after = of_acme()
    assert after == {
        "requests": 2,
        "errors": 1,
        # 1,000 tokens in at $2.50 and 100 out at $10 a million, each.
        "cost_usd": 0.007,
        "prompt_tokens": 2000,
        "completion_tokens": 200,
    }
    found = values(scrape(instance.url, Authorization=f"Bearer {TOKEN}"))
    assert found['helicone_events_total{outcome="received"}'] == 2
    assert found['helicone_events_total{outcome="stored"}'] == 2


def test_totals_of_organizations_need_a_token() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT_DIR,
        env={**os.environ, "HELICONE_METRICS_ORGANIZATIONS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "HELICONE_METRICS_ORGANIZATIONS needs HELICONE_METRICS_TOKEN" in done.stderr


def test_labels_are_escaped() -> None:
    odd = Family("one", "gauge", "With a \\ and\na line", [({"name": 'a "b" \\ c\nd'}, 1.5)])
    assert exposition([odd, gauge("two", "Two", 2), Family("none", "gauge", "Nothing")]) == (
        "# HELP one With a \\\\ and\\na line\n# TYPE one gauge\n"
        'one{name="a \\"b\\" \\\\ c\\nd"} 1.5\n'
        "# HELP two Two\n# TYPE two gauge\ntwo 2\n"
    )
