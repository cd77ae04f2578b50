"""Some hundred requests of two weeks for Helicone's REST API, half of them folded into sums; and their plain sums."""

import random
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts_app import actions as accounts
from accounts_app.models import Organization
from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.rollups import fold_organization
from requests_app import actions
from requests_app.models import Request
from tests.api import Answer, Api
from tests.live import Stack
from tests.metric_rows import model_call, write_all

N = 240
LENGTH = timedelta(days=14)
BEGIN = (datetime.now(UTC) - LENGTH).replace(minute=0, second=0, microsecond=0)
END = BEGIN + LENGTH
MODELS = ("gpt-4o", "gpt-4o", "gpt-4o-mini", "claude-haiku-4-5", "my-batch-model-batch")
USERS = ("", "ann", "ann", "Ann_1", "bob", "ANN%2", "日本")
SESSIONS = (
    *("", "", "a/b", "trip-1", "Trip-2"),
    *(f"run-{number}" for number in range(14)),
)
NAMES = {"a/b": "Vendors", "trip-1": "Trip planner", "Trip-2": "Trip planner"}
STATUSES = (200, 200, 200, 201, 429, 500, -3)
PROPERTIES = {"Env": ("a", "b"), "Team": tuple(f"team {number}" for number in range(14))}
PERIOD = {"start": BEGIN.isoformat(), "end": END.isoformat()}
PERIOD_MS = {"startTimeUnixMs": BEGIN.timestamp() * 1000, "endTimeUnixMs": END.timestamp() * 1000}
PERIOD_S = {"startTimeUnixSeconds": int(BEGIN.timestamp()), "endTimeUnixSeconds": int(END.timestamp())}


@dataclass(frozen=True)
class Seeded:
    """An organization, its rows, and callers: one that may read and write, one that may only read, and a stranger."""

    organization: Organization
    rows: list[Request]
    api: Api
    reader: Api
    stranger: Api

    def ask(self, path: str, **body: Any) -> Any:
        """Returns the data that POST of `body` is answered."""
        answer = self.answer(path, **body)
        assert answer.status == 200, answer.json
        assert answer.json["error"] is None
        return answer.json["data"]

    def answer(self, path: str, **body: Any) -> Answer:
        """Returns the answer to POST of `body`, whatever its status."""
        return self.api.send("POST", path, body)


def seed(stack: Stack) -> Seeded:
    """Returns an organization with rows."""
    owner = accounts.create_user(email=f"scripts-{secrets.token_hex(6)}@example.com", password=None)
    organization = accounts.create_organization(name=f"Scripts {secrets.token_hex(6)}", owner=owner)
    other = accounts.create_organization(name=f"Others {secrets.token_hex(6)}", owner=owner)
    ensure_partitions({week_of(BEGIN + timedelta(weeks=number)) for number in range(4)})
    write_all([*_made_up(organization.pk, random.Random(11)), model_call(other.pk, BEGIN)])
    fold_organization(organization.pk, BEGIN + LENGTH / 2)
    rows = list(Request.objects.filter(organization_id=organization.pk).order_by("created_at", "id"))
    _annotate(rows, random.Random(3))
    return Seeded(
        organization,
        list(Request.objects.filter(organization_id=organization.pk).order_by("created_at", "id")),
        *(
            Api(stack.url, accounts.issue_api_key(organization=of, name="Tests", scope=scope).secret)
            for of, scope in ((organization, "rw"), (organization, "r"), (other, "rw"))
        ),
    )


def cost_usd(rows: Iterable[Request]) -> float:
    """Returns what rows of known price cost."""
    return sum(row.cost_nanodollars or 0 for row in rows) / 1e9


def total(rows: Iterable[Request], name: str) -> int:
    """Returns the sum of a column, what is not known left out."""
    return sum(getattr(row, name) or 0 for row in rows)


def mean(values: Iterable[float]) -> float:
    """Returns the mean, 0 of nothing."""
    found = list(values)
    return sum(found) / len(found) if found else 0


def moment(text: str) -> datetime:
    """Returns the moment that an answer names."""
    return datetime.fromisoformat(text)


def rmt(column: str, operator: str, value: Any) -> dict[str, Any]:
    """Returns a leaf of a filter tree about requests."""
    return {"request_response_rmt": {column: {operator: value}}}


def both(left: Any, right: Any, operator: str = "and") -> dict[str, Any]:
    """Returns the tree that joins two."""
    return {"left": left, "operator": operator, "right": right}


def _made_up(organization_id: int, dice: random.Random) -> Iterator[LogEvent]:
    for _ in range(N):
        usage = Usage(
            prompt_tokens=dice.randrange(5000),
            completion_tokens=dice.randrange(500),
            cache_read_tokens=dice.choice([0, 100]),
        )
        session_id = dice.choice(SESSIONS)
        # More of a session comes close together than its requests would by chance.
        day = SESSIONS.index(session_id) / len(SESSIONS) * LENGTH if session_id else dice.random() * LENGTH
        yield model_call(
            organization_id,
            min(BEGIN + day + dice.random() * timedelta(hours=9), END - timedelta(seconds=1)),
            model=dice.choice(MODELS),
            usage=dice.choice([usage, usage, usage, None]),
            first_ms=dice.choice([None, 50, 900]),
            provider=dice.choice(["openai", "openai", "anthropic"]),
            status=dice.choice(STATUSES),
            latency_ms=dice.randrange(1000, 9000),
            user_id=dice.choice(USERS),
            session_id=session_id,
            session_name=NAMES.get(session_id, ""),
            properties={
                name: dice.choice(values) for name, values in PROPERTIES.items() if dice.random() < 0.7
            },
            kind=SpanKind.TOOL if dice.random() < 0.1 else SpanKind.MODEL,
        )


def _annotate(rows: list[Request], dice: random.Random) -> None:
    for row in rows[::5]:
        said = {"organization_id": row.organization_id, "id": row.id}
        actions.set_score(**said, name="quality", value=dice.choice([0, 1, 2.5, 4, 5]))
        actions.set_score(**said, name="length", value=dice.random() * 100)
        if dice.random() < 0.4:
            actions.set_feedback(**said, is_positive=dice.random() < 0.5)
