"""One export, from the question to the file."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict
from typing import Protocol

from helicone_export.api import Api
from helicone_export.errors import UsageError
from helicone_export.options import Asked, Options
from helicone_export.parquet_file import ParquetFile
from helicone_export.progress import Progress
from helicone_export.reading import Page, Reader
from helicone_export.rows import Row
from helicone_export.state import Position, State, load_state
from helicone_export.text_files import STDOUT, Csv, JsonArray, JsonLines
from helicone_export.times import ms_of, parse
from helicone_export.windows import Window


class Output(Protocol):
    """Where rows go."""

    @property
    def is_due(self) -> bool:
        """Whether it is time for `make_safe`."""

    def write(self, rows: list[Row]) -> None:
        """Append the rows. Raises OSError."""

    def make_safe(self) -> int:
        """Let all that was written outlive a crash. Returns the size to go on from. Raises OSError."""

    def finish(self) -> None:
        """Write what comes at the end. Raises OSError."""

    def close(self) -> None:
        """Let go of it, finished or not."""


class Export:
    """An export that begins, or goes on. `state` is how far it has come."""

    def __init__(self, options: Options, state: State, progress: Progress, *, is_new: bool) -> None:
        self.state = state
        self._options = options
        self._asked = Asked(**state.asked)
        self._progress = progress
        self._is_new = is_new

    async def run(self) -> None:
        """Export all. Raises ExportError and OSError; then the state file tells where to go on, as it always does."""
        asked, options = self._asked, self._options
        async with Api(
            base_url=asked.base_url,
            api_key=options.api_key,
            max_retries=options.max_retries,
            retry_delay_s=options.retry_delay_s,
            parallel=options.parallel,
            progress=self._progress,
        ) as api:
            reader = Reader(
                api,
                filters=asked.filters,
                batch_size=min(options.batch_size, options.limit or options.batch_size),
                parallel=options.parallel,
                include_body=asked.include_body,
                unscored_only=asked.unscored_only,
            )
            await self._write(reader)

    async def _write(self, reader: Reader) -> None:
        state = self.state
        start_ms = ms_of(parse(self._asked.start_date))
        total = await self._total(reader, Window(start_ms, state.position.before_ms))
        async with aclosing(reader.pages(start_ms, state.position, total=total)) as pages:
            page = await anext(pages, None)
            # Nothing was touched before the server gave its first page.
            output = self._open()
            try:
                self._save(output)
                while page is not None and self._take(output, page):
                    page = await anext(pages, None)
                output.finish()
                if self._asked.path != STDOUT:
                    self._options.state_file.unlink()
            except OSError:
                raise
            except BaseException:
                self._save(output)
                raise
            finally:
                output.close()

    def _take(self, output: Output, page: Page) -> bool:
        """Write a page. Returns whether more are wanted."""
        rows = page.rows if self._left is None else page.rows[: self._left]
        output.write(rows)
        self.state.rows += len(rows)
        self.state.bodies_missing += sum(row.bodies_missing for row in rows)
        self.state.position = page.position
        self._progress.advance(len(rows))
        if self._left == 0:
            return False
        if output.is_due:
            self._save(output)
        return True

    async def _total(self, reader: Reader, window: Window) -> int | None:
        """Returns how many are still to come, as far as anybody can tell."""
        limit = self._options.limit
        if limit is not None and limit <= self._options.batch_size:
            self._progress.begin(rows=self.state.rows, total=None)
            return 0  # one window, read from its end
        total = await reader.count(window)
        expected = None if total is None else self.state.rows + total
        if limit is not None:
            expected = limit if expected is None else min(limit, expected)
        self._progress.begin(rows=self.state.rows, total=expected)
        return total

    @property
    def _left(self) -> int | None:
        limit = self._options.limit
        return None if limit is None else max(0, limit - self.state.rows)

    def _open(self) -> Output:
        path, size = self._asked.path, None if self._is_new else self.state.size
        match self._asked.format:
            case "json":
                return JsonArray(path, size)
            case "csv":
                return Csv(path, size)
            case "parquet":
                return ParquetFile(path, size, with_bodies=self._asked.include_body)
        return JsonLines(path, size)

    def _save(self, output: Output) -> None:
        self.state.size = output.make_safe()
        if self._asked.path != STDOUT:
            self.state.save(self._options.state_file)


def prepare(options: Options, progress: Progress, *, agrees: Callable[[str], bool] | None) -> Export:
    """Returns the export to run: a new one, or one that was broken off. Raises UsageError.

    `agrees` asks the person at the terminal a question; it is None when nobody is there.
    """
    to_file = options.asked.path != STDOUT
    state = load_state(options.state_file, tolerant=options.clean_state) if to_file else None
    if options.clean_state and to_file:
        options.state_file.unlink(missing_ok=True)
    elif state is not None:
        told = f"An export of {state.rows:,} requests to {state.asked['output']} was broken off."
        if not options.resume and agrees is None:
            raise UsageError(f"{told} --resume goes on with it, --clean-state starts anew.")
        if options.resume or (agrees and agrees(f"{told} Go on with it?")):
            _check_same(options, state)
            progress.say(f"Going on after {state.rows:,} requests: {state.asked['output']}")
            return Export(options, state, progress, is_new=False)
    path = options.asked.path
    is_left_over = state is not None and state.asked["output"] == str(path)
    if to_file and not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.")
    if to_file and path.is_file() and not (is_left_over or options.overwrite):
        if agrees is None:
            raise UsageError(f"{path} is there already: --overwrite replaces it.")
        if not agrees(f"{path} is there already. Overwrite it?"):
            raise UsageError("Nothing was exported.")
    end_ms = ms_of(parse(options.asked.end_date))
    state = State(asked=asdict(options.asked), position=Position(end_ms + 1))
    return Export(options, state, progress, is_new=True)


def _check_same(options: Options, state: State) -> None:
    for name, value in options.given.items():
        if state.asked[name] != value:
            raise UsageError(
                f"The export that was broken off has another --{name.replace('_', '-')}: {state.asked[name]!r}, "
                f"not {value!r}. Leave it out, or start anew with --clean-state."
            )
