"""What an export is asked for, on the command line."""

import argparse
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from helicone_export.errors import UsageError
from helicone_export.filters import Filter, property_is
from helicone_export.state import STATE_FILE
from helicone_export.text_files import STDOUT
from helicone_export.times import iso, ms_of, parse

FORMATS = ("jsonl", "json", "csv", "parquet")
_DEFAULT_PERIOD = timedelta(days=30)
_REGIONS = {"us": "https://api.helicone.ai", "eu": "https://eu.api.helicone.ai"}
_EU_KEYS = ("sk-helicone-eu-", "pk-helicone-eu-", "sk-eu-")
_YEARS = range(1970, 9999)
_LARGEST_BATCH = 1_000  # Helicone refuses more

_EPILOG = """
environment:
  HELICONE_API_KEY   the key; one that may only read is enough
  HELICONE_BASE_URL  the same as --base-url

exit status: 0 all is in the file; 1 it failed or 130 it was stopped, and --resume goes on; 2 it was not understood;
3 all is in the file, but bodies of some requests are kept nowhere.
"""


@dataclass(frozen=True)
class Asked:
    """What decides what is in the output. An export that goes on has to ask for the same."""

    base_url: str
    start_date: str
    end_date: str
    filters: list[Filter]
    include_body: bool
    unscored_only: bool
    format: str
    output: str

    @property
    def path(self) -> Path:
        """Returns where the output is, absolute; STDOUT for stdout."""
        return Path(self.output)


@dataclass(frozen=True)
class Options:
    """Everything else."""

    asked: Asked
    given: dict[str, Any]  # the part of `asked` that the command line names
    api_key: str
    limit: int | None
    log_level: str
    max_retries: int
    retry_delay_s: float
    batch_size: int
    parallel: int
    resume: bool
    clean_state: bool
    overwrite: bool
    state_file: Path


def read_options(argv: Sequence[str], *, now: datetime) -> Options:
    """Returns the options. Raises UsageError; leaves the process for --help and for unknown flags."""
    parsed = _parser().parse_args(argv)
    api_key = os.environ.get("HELICONE_API_KEY", "").strip()
    if not api_key:
        raise UsageError("Set HELICONE_API_KEY to your Helicone key.")
    given = _given(parsed)
    start, end = sorted((parsed.start_date or now - _DEFAULT_PERIOD, parsed.end_date or now))
    form = parsed.format or "jsonl"
    asked = Asked(
        base_url=given.get("base_url") or _base_url(None, None, api_key),
        start_date=iso(ms_of(start)),
        end_date=iso(ms_of(end)),
        filters=given.get("filters", []),
        include_body=parsed.include_body,
        unscored_only=parsed.unscored_only,
        format=form,
        output=given.get("output") or str(Path(f"output.{form}").absolute()),
    )
    if parsed.resume and asked.path == STDOUT:
        raise UsageError("What went to stdout can't be resumed: use --output.")
    return Options(
        asked=asked,
        given={name: getattr(asked, name) for name in given},
        api_key=api_key,
        limit=parsed.limit,
        log_level=parsed.log_level,
        max_retries=parsed.max_retries,
        retry_delay_s=parsed.retry_delay,
        batch_size=parsed.batch_size,
        parallel=parsed.parallel,
        resume=parsed.resume,
        clean_state=parsed.clean_state,
        overwrite=parsed.overwrite,
        state_file=parsed.state_file.absolute(),
    )


def _given(parsed: argparse.Namespace) -> dict[str, Any]:
    """Returns what the command line says of what is asked, by the names in Asked."""
    given: dict[str, Any] = {
        name: True
        for name in ("start_date", "end_date", "include_body", "unscored_only", "format")
        if getattr(parsed, name)
    }
    if parsed.base_url or parsed.region or os.environ.get("HELICONE_BASE_URL"):
        given["base_url"] = _base_url(parsed.base_url, parsed.region, "")
    if parsed.property or parsed.filter:
        given["filters"] = [property_is(*pair) for pair in parsed.property] + (
            [parsed.filter] if parsed.filter else []
        )
    if parsed.output:
        given["output"] = "-" if parsed.output == "-" else str(Path(parsed.output).absolute())
    return given


def _base_url(base_url: str | None, region: str | None, api_key: str) -> str:
    url = base_url or (_REGIONS[region] if region else os.environ.get("HELICONE_BASE_URL"))
    if not url:
        url = _REGIONS["eu" if api_key.startswith(_EU_KEYS) else "us"]
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
        raise UsageError(f"{url} is no base URL: it begins with http:// or https://.")
    return url.rstrip("/").removesuffix("/v1")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helicone-export",
        description="Export requests from Helicone, or from a server of your own, the newest first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--start-date", type=_moment, metavar="DATE", help="YYYY-MM-DD or ISO 8601 (30 days ago)"
    )
    what.add_argument("--end-date", type=_moment, metavar="DATE", help="the last moment (now)")
    what.add_argument("--limit", type=_number(1), metavar="N", help="at most so many, the newest")
    what.add_argument(
        "--property",
        "-p",
        type=_pair,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only those with this property; repeat for more",
    )
    what.add_argument(
        "--filter",
        type=_filter,
        metavar="JSON|@FILE",
        help="only those that a filter tree of Helicone's matches",
    )
    what.add_argument(
        "--unscored-only",
        action="store_true",
        help="leave out requests with scores or feedback, as Helicone's own tool does",
    )
    what.add_argument("--include-body", action="store_true", help="with what was sent and answered")
    where = parser.add_argument_group("from and to")
    where.add_argument(
        "--base-url", metavar="URL", help="the server, such as http://localhost:8585 (Helicone's cloud)"
    )
    where.add_argument("--region", choices=list(_REGIONS), help="of Helicone's cloud (by the key)")
    where.add_argument("--format", choices=FORMATS, help="(jsonl)")
    where.add_argument("--output", "-o", metavar="FILE", help="- for stdout (output.<format>)")
    where.add_argument("--overwrite", action="store_true", help="replace the output if it is there")
    how = parser.add_argument_group("how")
    how.add_argument("--resume", action="store_true", help="go on with an export that was broken off")
    how.add_argument("--clean-state", action="store_true", help="forget such an export, and start anew")
    how.add_argument(
        "--state-file", type=Path, default=Path(STATE_FILE), metavar="FILE", help=f"({STATE_FILE})"
    )
    how.add_argument("--log-level", choices=("quiet", "normal", "verbose"), default="normal", help="(normal)")
    how.add_argument(
        "--batch-size",
        type=_number(1, _LARGEST_BATCH),
        default=_LARGEST_BATCH,
        metavar="N",
        help="requests of one call, at most (1000)",
    )
    how.add_argument("--parallel", type=_number(1, 64), default=4, metavar="N", help="calls at once (4)")
    how.add_argument(
        "--max-retries", type=_number(0), default=5, metavar="N", help="of a call that failed (5)"
    )
    how.add_argument(
        "--retry-delay",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds before the first retry; doubled for each further one (1)",
    )
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = parse(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither YYYY-MM-DD nor ISO 8601") from None
    if moment.year not in _YEARS:
        raise argparse.ArgumentTypeError(f"{text!r} is of another age")
    return moment


def _number(least: int, most: int | None = None) -> Any:
    def number(text: str) -> int:
        value = int(text) if text.isdecimal() else -1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(
                f"{text!r} is no number from {least}{f' to {most}' if most else ''}"
            )
        return value

    return number


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not name or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return name, value


def _filter(text: str) -> Filter | None:
    try:
        tree = json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text[1:]}: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"this is no JSON: {error}") from None
    if tree in ("all", {}):
        return None
    if not isinstance(tree, dict):
        raise argparse.ArgumentTypeError('a filter is an object, or "all"')
    return tree
