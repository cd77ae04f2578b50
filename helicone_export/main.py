"""The console script `helicone-export`."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from helicone_export.errors import ExportError, UsageError
from helicone_export.options import Options, read_options
from helicone_export.progress import Progress
from helicone_export.running import Export, prepare

FAILED, MISUSED, INCOMPLETE = 1, 2, 3
_BY_SIGNAL = 128


def main(argv: Sequence[str] | None = None) -> int:
    """Export what the arguments ask for. Returns the exit status (`--help` tells which)."""
    progress = Progress("normal")
    try:
        options = read_options(sys.argv[1:] if argv is None else argv, now=datetime.now(UTC))
        progress = Progress(options.log_level)
        export = prepare(options, progress, agrees=_ask if sys.stdin and sys.stdin.isatty() else None)
    except UsageError as error:
        progress.error(f"helicone-export: {error}")
        return MISUSED
    except KeyboardInterrupt:
        return _BY_SIGNAL + signal.SIGINT
    try:
        stopped_by = asyncio.run(_until_stopped(export))
    except UsageError as error:
        progress.error(f"helicone-export: {error}")
        return MISUSED
    except BrokenPipeError:
        sys.stdout = None  # what it still holds can't go anywhere
        return FAILED
    except ExportError as error:
        progress.error(f"helicone-export: {error}.{_how_to_go_on(options)}")
        return FAILED
    except OSError as error:
        progress.error(f"helicone-export: can't write: {error.strerror or error}.{_how_to_go_on(options)}")
        return FAILED
    if stopped_by is not None:
        progress.error(f"Stopped after {export.state.rows:,} requests.{_how_to_go_on(options)}")
        return _BY_SIGNAL + stopped_by
    progress.end("" if options.asked.output == "-" else f": {export.state.asked['output']}")
    if export.state.bodies_missing:
        progress.error(f"The bodies of {export.state.bodies_missing:,} requests are kept nowhere any more.")
        return INCOMPLETE
    return 0


async def _until_stopped(export: Export) -> int | None:
    """Run the export. Returns the number of the signal that stopped it, if one did. Raises what the export raises."""
    running = asyncio.ensure_future(export.run())
    stopped_by: list[int] = []

    def stop(number: int) -> None:
        stopped_by.append(number)
        running.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers: there Ctrl-C ends it at once
            loop.add_signal_handler(number, stop, number)
    try:
        await running
    except asyncio.CancelledError:
        if not stopped_by:
            raise
        return stopped_by[0]
    return None


def _how_to_go_on(options: Options) -> str:
    return (
        " --resume goes on from here." if options.state_file.exists() and options.asked.output != "-" else ""
    )


def _ask(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
