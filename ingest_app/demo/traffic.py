"""What is asked with which model: the mix of features, and the events that come of it."""

import random
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from ingest_app.demo import catalog
from ingest_app.demo.agents import AGENTS, WEIGHTS
from ingest_app.demo.catalog import Model
from ingest_app.demo.people import People
from ingest_app.demo.recorder import Recorder
from ingest_app.demo.schedule import Period, Unit, microseconds
from ingest_app.demo.tasks import chat_turns
from ingest_app.events import LogEvent

# Units of work of each kind; an agent's and most chats are several requests.
_KINDS = {
    "support": 29,
    "triage": 18,
    "invoices": 7,
    "search": 15,
    "marketing": 11,
    "chat": 13,
    "agent": 7,
}
_MODELS: dict[str, tuple[tuple[Model, int], ...]] = {
    "support": (
        (catalog.GPT_4O_MINI, 53),
        (catalog.HAIKU, 18),
        (catalog.GPT_4O, 10),
        (catalog.MISTRAL_SMALL, 8),
        (catalog.GEMINI_FLASH, 8),
        (catalog.SUPPORT_TUNED, 3),
    ),
    "triage": ((catalog.GPT_4O_MINI, 66), (catalog.HAIKU, 14), (catalog.LLAMA, 14), (catalog.GPT_41_MINI, 6)),
    "invoices": (
        (catalog.GPT_4O, 45),
        (catalog.GPT_41, 25),
        (catalog.GEMINI_FLASH, 18),
        (catalog.SONNET, 12),
    ),
    "search": ((catalog.EMBEDDING_SMALL, 1),),
    "marketing": ((catalog.GPT_4O_MINI, 45), (catalog.MISTRAL_LARGE, 20), (catalog.GPT_41_MINI, 35)),
    "chat": (
        (catalog.GPT_4O_MINI, 42),
        (catalog.GPT_4O, 22),
        (catalog.SONNET, 14),
        (catalog.DEEPSEEK, 9),
        (catalog.O4_MINI, 8),
        (catalog.LLAMA, 5),
    ),
    "agent": (
        (catalog.SONNET, 34),
        (catalog.GPT_41, 22),
        (catalog.HAIKU, 14),
        (catalog.O4_MINI, 14),
        (catalog.GPT_4O_MINI, 16),
    ),
}


def traffic(
    *,
    organization_id: int,
    api_key_ids: list[int],
    requests: int,
    days: int,
    now: datetime,
    seed: int | None = None,
) -> Iterator[LogEvent]:
    """Yields `requests` events of the `days` before `now`, roughly in order of time.

    The same seed and time give the same events, but for their ids.
    """
    rng = random.Random(seed)
    period = Period(now=now, days=days)
    recorder = Recorder(
        rng=rng, organization_id=organization_id, api_key_ids=api_key_ids, people=People(), period=period
    )
    missing = requests
    # Work that an incident or the present cuts short yields fewer events than planned: go round again.
    while missing > 0:
        events = (event for unit in _plan(rng, period, missing) for event in recorder.events(unit))
        for event in islice(events, missing):
            if event.created_at_us + event.latency_ms * 1000 <= microseconds(now):
                missing -= 1
                yield event


def _plan(rng: random.Random, period: Period, requests: int) -> list[Unit]:
    """Returns work of `requests` requests in all."""
    drawn: list[tuple[str, str, int]] = []
    planned = 0
    while planned < requests:
        kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
        agent, length = "", 1
        if kind == "agent":
            agent = rng.choices(list(AGENTS), WEIGHTS)[0]
            fewest, most = AGENTS[agent].requests
            length = int(rng.triangular(fewest, most + 0.99, fewest + (most - fewest) * 0.3))
        elif kind == "chat":
            length = chat_turns(rng)
        if planned + length > requests:
            kind, agent, length = "support", "", 1
        drawn.append((kind, agent, length))
        planned += length
    times = period.times_us(rng, len(drawn))
    return [
        Unit(at_us, kind, agent, _model(rng, kind), length)
        for at_us, (kind, agent, length) in zip(times, drawn, strict=True)
    ]


def _model(rng: random.Random, kind: str) -> Model:
    models, weights = zip(*_MODELS[kind], strict=True)
    model: Model = rng.choices(models, weights)[0]
    return model
