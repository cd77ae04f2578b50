"""What the Health page tells: whether every event of an organization is accounted for, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from helicone_site import formats
from ingest_app.account import HourBalance, balances, total
from ingest_app.dead_letters import DeadLetter, newest
from ingest_app.status import PipelineStatus, pipeline_status
from ingest_app.unknown_headers import unknown_headers

log = structlog.get_logger(__name__)

JUDGED_HOURS = 24
SHOWN_LETTERS = 100
ALL_WELL = "Every event of the last 24 hours is accounted for."
REDIS_IS_SILENT = (
    "Redis does not answer. Events are kept in the spool until it does, and cannot be counted now."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word and the sentences behind it; `tone` is good, warn (late, nothing is lost) or bad."""

    tone: str
    label: str
    sentences: list[str]

    @property
    def text(self) -> str:
        """Returns all sentences; a page that shows this text needs no other."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class Health:
    """One look at one organization. Without `pipeline`, Redis did not answer and the account is unknown."""

    verdict: Verdict
    pipeline: PipelineStatus | None
    hours: list[HourBalance]
    total: HourBalance
    letters: list[DeadLetter]
    unknown_headers: list[tuple[str, int]]  # name and count: what clients sent in vain

    @property
    def letters_mark(self) -> str:
        """Returns what differs whenever the letters do: ids only grow, and letters only vanish."""
        return f"{len(self.letters)}-{self.letters[0].id}-{self.letters[-1].id}" if self.letters else "0"


def look_at_health(redis: Redis, organization_id: int, *, now: datetime, hours: int) -> Health:
    """Returns the account of the last `hours` hours, and a verdict on the last 24 whatever `hours` is."""
    letters = newest(organization_id, SHOWN_LETTERS)
    try:
        pipeline = pipeline_status(redis, now=now)
        found = balances(redis, organization_id, now=now, hours=max(hours, JUDGED_HOURS))
        unknown = unknown_headers(redis, organization_id)
    except (RedisError, OSError) as error:
        log.warning("Redis does not answer", error=str(error))
        return Health(Verdict("bad", "Problem", [REDIS_IS_SILENT]), None, [], total([], at=now), letters, [])
    judged = [hour for hour in found if hour.hour > now - timedelta(hours=JUDGED_HOURS)]
    return Health(judge(judged, letters, pipeline), pipeline, found, total(found, at=now), letters, unknown)


def judge(hours: Sequence[HourBalance], letters: Sequence[DeadLetter], pipeline: PipelineStatus) -> Verdict:
    """Returns the verdict on an organization's `hours` and letters; of the `pipeline` only what delays everybody.

    What other organizations lost is in `pipeline`, too, and is not this one's problem.
    """
    problems = [*_losses(hours, letters)]
    if not pipeline.worker_alive:
        problems.append("No worker is alive: events wait, and nothing is stored.")
    delays = []
    if pipeline.spool_bytes:
        delays.append(f"The spool of this machine holds {formats.size(pipeline.spool_bytes)} to be replayed.")
    if problems:
        return Verdict("bad", "Problem", problems + delays)
    if delays:
        return Verdict("warn", "Late", [*delays, "Nothing is lost."])
    return Verdict("good", "Healthy", [ALL_WELL])


def _losses(hours: Sequence[HourBalance], letters: Sequence[DeadLetter]) -> list[str]:
    found = []
    if dropped := sum(hour.dropped for hour in hours):
        found.append(f"{_events(dropped)} dropped in the last 24 hours.")
    if letters:
        number = f"{SHOWN_LETTERS} or more" if len(letters) == SHOWN_LETTERS else str(len(letters))
        noun = "event" if len(letters) == 1 else "events"
        found.append(f"{number} {noun} could not be stored: see the dead letters.")
    unbalanced = [hour for hour in hours if hour.missing]
    if len(unbalanced) == 1:
        hour = unbalanced[0]
        number = (
            f"{_events(hour.missing)} missing" if hour.missing > 0 else f"{_events(-hour.missing)} too many"
        )
        found.append(f"{number} in the hour from {timezone.localtime(hour.hour):%b %d, %H:%M}.")
    elif unbalanced:
        found.append(f"The account does not balance in {len(unbalanced)} hours.")
    return found


def _events(number: int) -> str:
    return f"{formats.count(number)} event{'s were' if number != 1 else ' was'}"
