"""A worker makes the files of exports, one at a time for each organization."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.http import QueryDict

from ingest_app.short_locks import one_at_a_time
from requests_app.export import store
from requests_app.export.columns import ExportedRow
from requests_app.export.file_format import Format
from requests_app.export.making import BadExport, read_order
from requests_app.export.models import Export, directory
from requests_app.export.text_formats import Batches, gzipped
from requests_app.filters import FilterError

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
SLOTS = 2  # exports at a time: a worker has four threads, and the drain needs one
# Left to the database, which stands still when the disk is full.
RESERVE_BYTES = 512 << 20
_NOTED_EVERY_S = 1.0

DISK_FULL = "The server's disk is nearly full. Make room, or export less at a time, then try again."
DIED = (
    f"The worker died {MAX_ATTEMPTS} times while it made this file. Try a shorter period, or without bodies."
)
FAILED = "Something went wrong; the worker's log says what."


class Cancelled(Exception):
    """Nobody wants the file any more."""


class Interrupted(Exception):
    """The worker has been told to stop."""


def make_exports(pause: Callable[[], None] = lambda: None) -> int:
    """Make what waits, oldest first. Returns how many files were made.

    Calls `pause` between batches of rows; it may raise Interrupted, which leaves the export to the next worker.
    An export whose worker died is made again from its first row; those that another worker is at are left to it.
    """
    made = 0
    for slot in range(SLOTS):
        with one_at_a_time(f"export slot {slot}") as is_free:
            if not is_free:
                continue
            for export in store.unfinished_exports():
                with one_at_a_time(f"exports of {export.organization_id}") as is_alone:
                    made += is_alone and carry_out(export, pause)
            return made
    return made


def carry_out(
    export: Export, pause: Callable[[], None] = lambda: None, *, reserve_bytes: int = RESERVE_BYTES
) -> bool:
    """Make the file of one export, and say what became of it in the table. Returns whether it is there.

    Fails when less than `reserve_bytes` of the disk would be left.
    """
    if export.attempts >= MAX_ATTEMPTS:
        store.fail_export(export, DIED)
        export.part_path.unlink(missing_ok=True)
        return False
    if not store.start_export(export):
        return False
    try:
        rows, size = _write(export, pause, reserve_bytes)
        os.replace(export.part_path, export.path)
        if store.finish_export(export, rows=rows, size=size):
            log.info("export made", export_id=str(export.pk), rows=rows, bytes=size)
            return True
        export.path.unlink(missing_ok=True)
    except Cancelled:
        pass
    except Interrupted:
        store.leave_export(export)
    except (OperationalError, InterfaceError):
        # The database went away, or stopped us. Beat has it begun again, as after a worker's death.
        raise
    except (BadExport, FilterError) as error:
        store.fail_export(export, str(error))
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        store.fail_export(export, DISK_FULL if is_full else FAILED)
        log.error("export not written", export_id=str(export.pk), error=str(error))
    except Exception:
        store.fail_export(export, FAILED)
        log.exception("export failed", export_id=str(export.pk))
    finally:
        export.part_path.unlink(missing_ok=True)
    return False


def clear_files() -> int:
    """Delete the files that are no longer offered. Returns how many."""
    store.expire_exports()
    kept = store.kept_ids()
    gone = [path for path in directory().glob("*.*") if _export_id(path) not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


class _Progress:
    """Counts rows as they pass, and ends an export that was cancelled."""

    def __init__(self, export: Export, pause: Callable[[], None]) -> None:
        self.rows = 0
        self.bytes = 0
        self._export = export
        self._pause = pause
        self._next_note = 0.0

    def counting(self, batches: Batches) -> Iterator[list[ExportedRow]]:
        for batch in batches:
            yield batch
            self.rows += len(batch)
            self._pause()
            if time.monotonic() >= self._next_note:
                self._next_note = time.monotonic() + _NOTED_EVERY_S
                if not store.note_progress(self._export, rows_done=self.rows, bytes=self.bytes):
                    raise Cancelled


def _write(export: Export, pause: Callable[[], None], reserve_bytes: int) -> tuple[int, int]:
    """Returns how many rows and bytes the part file holds."""
    order = read_order(
        format=export.format,
        fields=export.fields,
        with_bodies=export.with_bodies,
        filters=QueryDict(export.query),
        ids=export.ids or (),
    )
    store.note_progress(export, rows_about=order.count(export.organization_id))
    progress = _Progress(export, pause)
    chunks: Iterable[bytes] = order.chunks(progress.counting(order.batches(export.organization_id)))
    if order.format is not Format.PARQUET:
        chunks = gzipped(chunks)
    directory().mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(export.part_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            if shutil.disk_usage(directory()).free - len(chunk) < reserve_bytes:
                raise OSError(errno.ENOSPC, DISK_FULL)
            file.write(chunk)
            progress.bytes += len(chunk)
        file.flush()
        os.fsync(descriptor)
    return progress.rows, progress.bytes


def _export_id(path: Path) -> UUID | None:
    try:
        return UUID(path.name.split(".")[0])
    except ValueError:
        return None
