"""`manage.py import`: brings in what another product, or another instance, has logged."""

import os
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from ingest_app.events import now_us
from ingest_app.feeding import NotDrained
from ingest_app.importing.files import STDIN
from ingest_app.importing.origins import Context
from ingest_app.importing.records import Unusable
from ingest_app.importing.report import Report
from ingest_app.importing.run import Import, Interrupted, run, state_folder
from ingest_app.importing.sources import SOURCES, Wanted, opened
from ingest_app.importing.state import State, identity_of
from ingest_app.management.instance import NOT_RUNNING, organization_named, require_instance
from ingest_app.management.progress import Progress

SKIPPED, STOPPED = 2, 130  # exit codes: some records were left out; Ctrl-C
_LOG_EVERY_S = 10.0


class Command(BaseCommand):
    """Exits with 0 when every record was taken, 2 when some were left out, 1 when it could not go on, 130 on Ctrl-C."""

    help = (
        "Bring in what Helicone, Langfuse or LiteLLM has logged, or JSON lines in OpenAI's forms. Ids, times and costs "
        "stay as they were. What is there already is left alone, so it may be run again, and goes on where it was "
        "broken off."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=SOURCES, help="whose data it is")
        parser.add_argument(
            "files",
            nargs="*",
            metavar="FILE",
            help="JSON, JSONL, CSV or Parquet, also as .gz and .zst; - for stdin",
        )
        parser.add_argument(
            "--organization", metavar="SLUG", help="whose it will be (default: the first one's)"
        )
        parser.add_argument(
            "--provider", default="", metavar="NAME", help="of requests that do not say theirs"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many requests")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--state", metavar="FILE", help="keeps how far it is (default: in the data directory)"
        )
        parser.add_argument("--quiet", action="store_true", help="no progress, only the report")
        parser.add_argument(
            "--no-bodies", action="store_true", help="helicone: do not follow links to bodies"
        )
        live = parser.add_argument_group("instead of files, from the product itself (helicone, langfuse)")
        live.add_argument("--api", action="store_true", help="ask the API")
        live.add_argument(
            "--base-url", "--host", metavar="URL", help="of another address than the product's own cloud"
        )
        live.add_argument(
            "--region", choices=("us", "eu"), default="us", help="of the product's cloud (default: us)"
        )
        live.add_argument(
            "--start-date", type=_moment, metavar="DATE", help="from when on (default: all there is)"
        )
        live.add_argument("--end-date", type=_moment, metavar="DATE", help="until when (default: now)")
        live.add_argument("--api-key", metavar="KEY", help="helicone: better in HELICONE_API_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1")
        if bool(options["files"]) == options["api"]:
            raise CommandError("name files, or ask the product itself with --api")
        require_instance()
        try:
            self._import(options)
        except Unusable as error:
            raise CommandError(str(error)) from error
        except NotDrained as error:
            raise CommandError(
                f"about {error.waiting} events wait in the stream and nobody writes them: does the worker run? "
                f"They are not lost.\n{_AGAIN}"
            ) from error
        except RedisError as error:
            raise CommandError(f"Redis went away in between: {error}\n{_AGAIN}") from error
        except DatabaseError as error:
            raise CommandError(NOT_RUNNING.format(what="the database")) from error
        except OSError as error:
            raise CommandError(f"{error}\n{_AGAIN}") from error

    def _import(self, options: dict[str, Any]) -> None:
        organization = organization_named(options["organization"])
        wanted = _wanted(options)
        identity = identity_of(wanted.source, organization.pk, wanted.inputs())
        wanted = replace(wanted, folder=state_folder() / f"{wanted.source}-{identity}")
        state = _state(options["state"], identity, wanted, options["limit"])
        kept = state.load() if state is not None and not options["dry_run"] else None
        report = Report(kept["report"] if kept else None)
        if kept:
            self.stdout.write(
                f"going on after {report.seen:,} requests, as {state.path if state else ''} says"
            )
        context = Context(organization.pk, report, now_us(), wanted.provider)
        progress = Progress(self.stdout, log_every_s=_LOG_EVERY_S, is_quiet=options["quiet"])
        is_stopped = threading.Event()
        with ExitStack() as stack:
            stack.enter_context(_ctrl_c(is_stopped))
            origin, translator = opened(wanted, context, stack)
            try:
                run(
                    Import(
                        organization=organization,
                        origin=origin,
                        translator=translator,
                        context=context,
                        state=state,
                        note=progress.note,
                        is_stopped=is_stopped.is_set,
                        limit=options["limit"],
                        is_dry=options["dry_run"],
                    )
                )
            except Unusable as error:
                raise CommandError(f"{error}\n{_AGAIN}" if report.seen else str(error)) from error
            except Interrupted as error:
                progress.end()
                raise CommandError(
                    f"stopped after {report.seen:,} requests.\n{_AGAIN}", returncode=STOPPED
                ) from error
            finally:
                progress.end()
        for line in report.lines(is_dry=options["dry_run"]):
            self.stdout.write(line)
        if report.skipped:
            raise CommandError(f"{report.skipped.total():,} records were left out", returncode=SKIPPED)


_AGAIN = "Run the same command again to go on."


def _wanted(options: dict[str, Any]) -> Wanted:
    return Wanted(
        source=options["source"],
        files=tuple(path for named in options["files"] for path in _files(named)),
        is_api=options["api"],
        base_url=options["base_url"] or "",
        region=options["region"],
        since=options["start_date"],
        until=options["end_date"],
        api_key=options["api_key"] or os.environ.get("HELICONE_API_KEY", ""),
        public_key=os.environ.get("LANGFUSE_PUBLIC_KEY", ""),
        secret_key=os.environ.get("LANGFUSE_SECRET_KEY", ""),
        provider=options["provider"],
        follows_links=not options["no_bodies"],
        folder=state_folder(),
    )


@contextmanager
def _ctrl_c(is_stopped: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C only set `is_stopped`: what is under way comes to a good end. The next one ends all."""

    def note(*_: object) -> None:
        is_stopped.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _files(named: str) -> list[str]:
    """Returns the file, or all that a folder of exports to blob storage holds, in the order of their names."""
    folder = Path(named)
    if named == STDIN or not folder.is_dir():
        return [named]
    return [
        str(path) for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "manifests"
    ]


def _state(named: str | None, identity: str, wanted: Wanted, limit: int | None) -> State | None:
    if wanted.reads_stdin or limit is not None:
        return None  # a pipe cannot be gone on with, and what a limit left out is not to be passed by
    return State(Path(named) if named else state_folder() / f"{wanted.source}-{identity}.json", identity)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
