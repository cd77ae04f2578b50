"""`manage.py demo`, through the stream and the writer of the running product."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random

import msgspec
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from redis import Redis

from accounts_app import actions
from accounts_app.models import Organization
from ingest_app.demo import corpus
from ingest_app.demo.agents import AGENTS, session
from ingest_app.demo.catalog import GPT_41, O4_MINI, SONNET
from ingest_app.demo.scene import Scene
from ingest_app.demo.traffic import traffic
from ingest_app.digest import digest
from ingest_app.events import LogEvent
from ingest_app.feeding import NotDrained, feed
from requests_app.models import Request

PROJECT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 10, 14, 15, 0, tzinfo=UTC)
REQUESTS = 300


def events(requests: int = REQUESTS, *, seed: int = 7, now: datetime = NOW) -> list[LogEvent]:
    return list(traffic(organization_id=1, api_key_ids=[1], requests=requests, days=28, now=now, seed=seed))


def run(organization: Organization, **options: object) -> str:
    """Returns what the command prints."""
    output = StringIO()
    call_command("demo", requests=REQUESTS, organization=organization.slug, stdout=output, **options)
    return output.getvalue()


@pytest.fixture(scope="module")
def filled(stack: object) -> Organization:
    """An organization with the demo's traffic."""
    name = f"Demo {secrets.token_hex(6)}"
    owner = actions.create_user(email=f"{name.replace(' ', '-').lower()}@example.com", password=None)
    organization = actions.create_organization(name=name, owner=owner)
    actions.issue_api_key(organization=organization, name="Demo", actor=owner)
    run(organization, seed=7)
    return organization


@pytest.fixture
def rows(filled: Organization) -> list[Request]:
    return list(Request.objects.filter(organization_id=filled.pk).order_by("created_at"))


@pytest.fixture
def sessions(rows: list[Request]) -> Iterator[list[list[Request]]]:
    """The finished sessions of agents, each in order of time."""
    by_session = defaultdict(list)
    for row in rows:
        if row.session_name not in {"", "Chat"}:
            by_session[row.session_id].append(row)
    finished = [requests for requests in by_session.values() if requests[-1].status == 200]
    assert finished
    yield finished


def test_all_requests_are_there_when_it_ends(rows):
    assert len(rows) == REQUESTS


def test_it_says_where_to_look(organization):
    assert f"/o/{organization.organization.slug}/requests/" in run(organization.organization)


def test_a_second_run_adds(organization, wait_for_rows):
    for _ in range(2):
        run(organization.organization, seed=7)
    assert len(wait_for_rows(organization.id, n=2 * REQUESTS)) == 2 * REQUESTS


def test_there_are_several_providers_and_models(rows):
    assert {"openai", "anthropic", "google", "mistral", "groq"} <= {row.provider for row in rows}
    models = Counter(row.model for row in rows)
    assert models.most_common(1)[0][0] == "gpt-4o-mini"
    assert len(models) >= 10


def test_cost_is_known_for_almost_all_answers(rows):
    answered = [row for row in rows if row.status == 200]
    unknown = [row for row in answered if row.cost_nanodollars is None]
    assert len(unknown) < 0.03 * len(answered)
    assert all(row.model.startswith("support-8b") for row in unknown)


def test_first_tokens_come_before_last_ones(rows):
    streams = [row for row in rows if row.is_stream and row.status == 200]
    assert len(streams) > REQUESTS / 3
    assert all(0 < row.time_to_first_token_ms <= row.latency_ms for row in streams)


def test_agents_call_tools_and_report_at_the_end(sessions, bodies_of):
    for requests in sessions:
        assert len(requests) >= 3
        *calling, reporting = requests
        answered = next(row for row in calling if row.status == 200)
        assert any(
            said in bodies_of(answered).response
            for said in (b'"tool_use"', b'"tool_calls"', b'"function_call"')
        )
        asked = bodies_of(reporting).request
        assert any(said in asked for said in (b'"tool_result"', b'"role":"tool"', b'"function_call_output"'))
        assert calling[0].session_path == "/plan"


def test_each_request_of_an_agent_repeats_the_history(sessions):
    for requests in sessions:
        sizes = [row.request_bytes for row in requests if row.status == 200]
        assert sizes == sorted(sizes)


def test_properties_fit_each_other(rows):
    for row in rows:
        assert set(row.properties) == {"Environment", "Feature", "Tier", "App-Version"}
        assert (row.properties["Tier"] == "internal") == (row.properties["Environment"] != "production")


def test_an_unknown_organization_is_refused(stack):
    with pytest.raises(CommandError, match="there is no organization nowhere"):
        call_command("demo", organization="nowhere")


def test_without_an_instance_it_says_so_in_a_line(tmp_path):
    environment = {
        name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DATABASE_URL"}
    }
    ran = subprocess.run(
        [sys.executable, PROJECT / "manage.py", "demo"],
        env=environment | {"HELICONE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
    assert "no running instance" in ran.stderr


def test_it_gives_up_when_nobody_writes(stack):
    # Another database of the same Redis: the worker does not look there.
    with Redis.from_url(settings.REDIS_URL, db=9) as redis:
        redis.flushdb()
        with pytest.raises(NotDrained) as refusal:
            feed(redis, events(20), note=lambda written: None, patience_s=0.3)
        redis.flushdb()
    assert refusal.value.waiting > 0


def test_the_same_seed_and_time_give_the_same_traffic():
    first, second = ([msgspec.structs.replace(event, id=None) for event in events(100)] for _ in range(2))
    assert first == second


def test_another_seed_gives_other_traffic():
    assert [event.request_body for event in events(50)] != [
        event.request_body for event in events(50, seed=8)
    ]


def test_everything_ended_within_the_period():
    for event in events():
        assert event.created_at_us >= (NOW - timedelta(days=28)).timestamp() * 1e6
        assert event.created_at_us + event.latency_ms * 1000 <= NOW.timestamp() * 1e6


def test_every_answer_can_be_read():
    for event in events():
        if event.status == 200:
            facts = digest(event).facts
            assert facts.usage is not None or facts.error


def test_one_hour_is_worse_than_the_others():
    failed: Counter[datetime] = Counter()
    for event in events(4000):
        status = digest(event).facts.status or event.status
        if status >= 500:
            at = datetime.fromtimestamp(event.created_at_us / 1e6, UTC)
            failed[at.replace(minute=0, second=0, microsecond=0)] += 1
    (_, worst), (_, second) = failed.most_common(2)
    assert worst >= 2 * second


def test_nobody_sends_the_same_few_sentences():
    asked = [event.request_body for event in events(1000)]
    assert len(set(asked)) > 0.9 * len(asked)


@pytest.mark.parametrize("model", [GPT_41, SONNET, O4_MINI], ids=lambda model: model.name)
@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: agent.name)
def test_arguments_of_tools_are_json(agent, model):
    for seed in range(20):
        for step in session(agent, Scene(Random(seed)), model, agent.requests[1]).steps:
            assert all(isinstance(json.loads(call.arguments), dict) for call in step.reply.calls)


def test_every_slot_of_the_corpus_has_words():
    # What a customer's letter is about is told to the scene, not taken from the corpus.
    known = {*corpus.FACTS, *corpus.PHRASES, *corpus.NUMBERS, "problem", "resolution"}
    for path in (PROJECT / "ingest_app" / "demo").glob("corpus*.py"):
        for plain, braced in re.findall(r"\$(?:([a-z_]+)|\{([a-z_]+)\})", path.read_text()):
            assert (plain or braced) in known, f"{path.name}: ${plain or braced}"
