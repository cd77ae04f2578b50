"""Each kind of alert fires once and resolves once, and people hear of both once: by real mail and HTTP, with faults."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts_app.models import Alert, ChannelKind, Incident
from alerts_app.notices import actions as notices
from alerts_app.notices.config import Config
from alerts_app.rules import actions
from ingest_app.events import LogEvent, Usage
from tests.alerting import MINUTE, START, incidents_of, judge_at, make_alert, rule
from tests.api import Api
from tests.instances import Instance, wait_until
from tests.live import ALLOWED_HOST, Tenant
from tests.manual_logs import ANSWER, manual_log, post_log
from tests.metric_rows import model_call, write_all
from tests.sinks import HttpSink, MailSink, mails_to, wait_for_mails

USAGE = Usage(prompt_tokens=1000, completion_tokens=100, cache_read_tokens=200, cache_write_tokens=100)
LARGE = Usage(prompt_tokens=90_000, completion_tokens=9000, cache_read_tokens=80_000, cache_write_tokens=8000)
KINDS: list[dict[str, Any]] = [
    {"metric": "response.status", "threshold": 20, "minimum_request_count": 5},
    {"metric": "error_count", "threshold": 3},
    {"metric": "rate_limit_hits", "threshold": 2},
    {"metric": "cost", "threshold": 0.2},
    {"metric": "latency", "aggregation": "percentile", "percentile": 95, "threshold": 5000},
    {"metric": "time_to_first_token", "aggregation": "avg", "threshold": 1000},
    {"metric": "total_tokens", "threshold": 100_000},
    {"metric": "prompt_tokens", "aggregation": "max", "threshold": 50_000},
    {"metric": "completion_tokens", "threshold": 10_000},
    {"metric": "prompt_cache_read_tokens", "threshold": 50_000},
    {"metric": "prompt_cache_write_tokens", "aggregation": "avg", "threshold": 1000},
    {"metric": "count", "threshold": 20},
    {"metric": "count", "condition": "below", "threshold": 5},
    {"metric": "count", "baseline": "last_week", "threshold": 100},
    {"metric": "error_count", "threshold": 2, "grouping": "user"},
]
SPENT: dict[str, Any] = {
    "name": "Spent",
    "metric": "cost",
    "aggregation": "avg",
    "threshold": 0.002,
    "window_ms": 3_600_000,
}
DEAR = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
CHEAP = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
SOME_SECONDS = 3


def test_each_kind_of_alert_fires_once_and_resolves_once_and_is_told_by_mail_and_by_http(
    organization: Tenant,
) -> None:
    """Two calls a minute; ten bad minutes; ten minutes with nothing; and as before."""
    mark = secrets.token_hex(6)
    with HttpSink(ALLOWED_HOST) as sink:
        channel = notices.create_channel(
            organization=organization.organization,
            name="Hook",
            kind=ChannelKind.WEBHOOK,
            config=Config(url=sink.url),
        )
        alerts = [
            make_alert(
                organization, window_ms=300_000, emails=(_address(mark, number),), channels=(channel,), **kind
            )
            for number, kind in enumerate(KINDS)
        ]
        write_all([event for minute in range(50) for event in _calls_of_minute(organization, minute)])
        for number in range(6, 46, 4):
            for alert in alerts:
                judge_at(alert, START + number * MINUTE + MINUTE / 2)
        for number, alert in enumerate(alerts):
            found = [incident.end_reason for incident in incidents_of(alert)]
            assert found == ["recovered"], KINDS[number]
            first, second = wait_for_mails(_address(mark, number), 2)
            assert "back to normal" not in first["Subject"]
            assert "back to normal" in second["Subject"]
        told = [call.json for call in sink.wait_for(2 * len(KINDS))]
    assert {len(mails_to(_address(mark, number))) for number in range(len(KINDS))} == {2}
    assert len(told) == 2 * len(KINDS)


def test_an_alert_fires_and_resolves_once_while_workers_are_killed_and_redis_is_restarted(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o711)
    mail, key = MailSink(tmp_path / "mail"), "sk-helicone-aaaaaaa-bbbbbbb-ccccccc-ddddddd"
    env = {
        "HELICONE_INIT_EMAIL": "ada@example.com",
        "HELICONE_INIT_PASSWORD": secrets.token_hex(8),
        "HELICONE_INIT_API_KEY": key,
        **mail.env,
    }
    try:
        with Instance(tmp_path / "data", env=env) as instance:
            instance.start()
            instance.wait_ready()
            api = Api(instance.url, key)
            alert = api.send("POST", "/api/alerts/", {**SPENT, "emails": [env["HELICONE_INIT_EMAIL"]]})
            assert alert.status == 201, alert.json

            _log(instance, key, DEAR, 1)
            _kill(instance, "worker")
            _mails(tmp_path, 1)
            _log(instance, key, CHEAP, 4)
            _kill(instance, "valkey")
            _kill(instance, "worker")
            _kill(instance, "beat")
            first, second = _mails(tmp_path, 2)
            assert "Spent: Cost" in first["Subject"]
            assert "Spent: back to normal" in second["Subject"]
            time.sleep(SOME_SECONDS)  # nothing more comes
            assert len(_kept(tmp_path)) == 2
            [incident] = api.get(f"/api/alerts/{alert.json['id']}/incidents/").json["results"]
            assert incident["end_reason"] == "recovered"
    finally:
        mail.stop()


def test_what_is_due_is_judged_by_the_running_product(organization: Tenant) -> None:
    too_few = rule(metric="count", condition="below", threshold=1)
    alert = actions.create_alert(organization=organization.organization, rule=too_few)
    assert wait_until(lambda: Incident.objects.filter(alert=alert).exists(), within_s=20)
    assert Alert.objects.get(pk=alert.pk).last_judged_at is not None


def _address(mark: str, number: int) -> str:
    return f"{mark}-{number}@example.com"


def _calls_of_minute(tenant: Tenant, minute: int) -> Iterator[LogEvent]:
    at = START + minute * MINUTE
    is_bad, is_silent = 10 <= minute < 20, 20 <= minute < 30

    def some(number: int, at: datetime = at, **changes: Any) -> Iterator[LogEvent]:
        return (model_call(tenant.id, at, **changes) for _ in range(number))

    yield from some(2, at - timedelta(weeks=1))
    if not is_silent:
        yield from some(2, usage=USAGE, first_ms=50)
    if is_bad:
        yield from some(2, usage=LARGE, latency_ms=20_000, first_ms=9000)
        yield from some(2, status=429, user_id="ada")
        yield from some(1, status=500, user_id="ada")


def _log(instance: Instance, key: str, usage: dict[str, int], number: int) -> None:
    """Log calls that began a while ago: the newest half minute is not looked at yet."""
    for _ in range(number):
        call = manual_log(response={**ANSWER, "usage": usage}, started_s=time.time() - 60)
        assert post_log(f"{instance.url}/oai/v1/log", call, key=key).status == 200


def _kill(instance: Instance, name: str) -> None:
    pid = instance.children()[name]
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: instance.children().get(name, pid) != pid, within_s=30), f"no {name} again"


def _kept(place: Path) -> list[Any]:
    return mails_to("ada@example.com", place=place / "mail")


def _mails(place: Path, number: int) -> list[Any]:
    assert wait_until(lambda: len(_kept(place)) >= number, within_s=90), (
        f"{len(_kept(place))} of {number} mails"
    )
    return _kept(place)
