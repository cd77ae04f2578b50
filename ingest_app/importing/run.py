"""An import from its first record to its last."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from accounts_app.models import Organization
from helicone_site.redis_client import sync_client
from ingest_app.dead_letters import count_since
from ingest_app.events import LogEvent
from ingest_app.importing.origins import Context, Found, Origin, Translator
from ingest_app.importing.records import Unusable
from ingest_app.importing.report import Skipped
from ingest_app.importing.sink import Sink
from ingest_app.importing.state import State

log = structlog.get_logger(__name__)

# Records that are translated together: their bodies are fetched at once, and one query looks which are stored.
GROUP_RECORDS = 250
GROUP_BYTES = 16 << 20
_NEARLY_ALL = 0.999


class Interrupted(Exception):
    """Somebody pressed Ctrl-C. What was read until then is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is to be done."""

    organization: Organization
    origin: Origin
    translator: Translator
    context: Context  # with the report that is filled in
    state: State | None  # None: nothing is kept to go on from
    note: Callable[[int, float], None]  # told every moment how many requests there are, and the share of all
    is_stopped: Callable[[], bool]  # whether somebody pressed Ctrl-C
    limit: int | None = None  # requests
    is_dry: bool = False


def run(wanted: Import) -> None:
    """Bring everything in, from where the state says, and wait until it is written.

    Raises Interrupted, Unusable, NotDrained, redis.RedisError, django.db.Error, OSError; may be run again after any.
    """
    report, state = wanted.context.report, wanted.state
    began_at = datetime.now(UTC)
    kept = state.load() if state is not None and not wanted.is_dry else None

    def note() -> None:
        written = max(report.seen - sink.under_way, 0)
        # Of what was read so much is there.
        share = wanted.origin.share() * (written / report.seen if report.seen else 0)
        wanted.note(written, min(share, _NEARLY_ALL))

    sink = Sink(
        sync_client(),
        organization_id=wanted.organization.pk,
        save=state.save if state is not None else lambda _: None,
        note=note,
        is_dry=wanted.is_dry,
    )
    stopped_by: Exception | None = None
    try:
        for group in _groups(wanted.origin.found(kept["position"] if kept else None)):
            left = None if wanted.limit is None else wanted.limit - report.seen
            events = list(_translated(wanted, group, left))
            new = sink.put(events)
            report.imported += new
            report.already_there += len(events) - new
            sink.passed({"position": group[-1].position, "report": report.as_json()})
            if wanted.is_stopped():
                raise Interrupted
            if wanted.limit is not None and report.seen >= wanted.limit:
                break
    except (Interrupted, Unusable, OSError) as error:
        stopped_by = error  # what was read until then is written first
    sink.finish()
    if not wanted.is_dry and (dead := count_since(wanted.organization.pk, began_at)):
        report.lose(
            "requests that could not be stored: they are dead letters, on the organization's page Health",
            dead,
        )
    if stopped_by is not None:
        raise stopped_by
    wanted.note(report.seen, 1.0)
    if state is not None and not wanted.is_dry:
        state.forget()
    if not wanted.is_dry and wanted.limit is None:
        wanted.origin.done()


def _translated(wanted: Import, group: list[Found], left: int | None) -> Iterator[LogEvent]:
    """Yields the events of a group, `left` at most. What cannot be taken is noted in the report."""
    report = wanted.context.report
    wanted.translator.prepare([found.row for found in group if found.row is not None])
    for found in group:
        if found.row is None:
            report.skip(found.at, found.fault)
            continue
        for event in _events(wanted, found):
            if left is not None:
                if left <= 0:
                    return
                left -= 1
            _note_age(wanted, event)
            yield event


def _events(wanted: Import, found: Found) -> Iterable[LogEvent]:
    assert found.row is not None  # noqa: S101 - the caller has looked
    try:
        return list(wanted.translator.events(found.row, found.at))
    except Skipped as reason:
        wanted.context.report.skip(found.at, str(reason))
    except Exception as error:
        # A record that we trip over costs itself, and not the import.
        log.exception("record not understood", at=found.at)
        wanted.context.report.skip(found.at, f"it could not be understood ({type(error).__name__})")
    return ()


def _note_age(wanted: Import, event: LogEvent) -> None:
    days = wanted.organization.kept_days
    if days is None:
        return
    if event.created_at_us < wanted.context.now_us - timedelta(days=days) // timedelta(microseconds=1):
        wanted.context.report.remark(
            f"older than the {days} days that this organization keeps: they will be deleted soon"
        )


def _groups(found: Iterable[Found]) -> Iterator[list[Found]]:
    group: list[Found] = []
    size = 0
    for one in found:
        group.append(one)
        size += one.row.size_bytes if one.row is not None else 0
        if len(group) >= GROUP_RECORDS or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def state_folder() -> Path:
    """Returns where states are kept unless somebody says another place."""
    return Path(settings.DATA_DIR) / "imports"
