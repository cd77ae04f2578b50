"""The line that says how far a long command is."""

import time

from django.core.management.base import OutputWrapper

from helicone_site.formats import duration

# A line that rewrites itself suits a terminal; a log gets one every so often.
TERMINAL_EVERY_S = 0.2
_WIDTH = 78
_LEAST_SHARE = 0.001  # before that nobody can say how long it will take


class Progress:
    """Says how far it is, unless that was said a moment ago."""

    def __init__(self, out: OutputWrapper, *, log_every_s: float = 5.0, is_quiet: bool = False) -> None:
        self._out = out
        self._started = self._shown_at = time.monotonic()
        self._first_share: float | None = None
        self._on_terminal = out.isatty()
        self._every_s = TERMINAL_EVERY_S if self._on_terminal else log_every_s
        self._is_quiet = is_quiet

    def note(self, done: int, share: float, *, of: str = "") -> None:
        """Say that `done` are, which is a `share` (0 to 1) of all; `of` says how many that are, if that is known."""
        now = time.monotonic()
        if self._first_share is None:
            self._first_share = share  # where a broken-off command goes on, most is done at once
        if self._is_quiet or (share < 1 and now - self._shown_at < self._every_s):
            return
        self._shown_at = now
        seconds = max(now - self._started, 0.001)
        line = f"{int(share * 100):3d} %  {done:,}{of}  {done / seconds:,.0f}/s{self._left(share, seconds)}"
        if self._on_terminal:
            self._out.write(f"\r{line:<{_WIDTH}}", ending="")
            self._out.flush()
        else:
            self._out.write(line)

    def end(self) -> None:
        """Leave the line."""
        if self._on_terminal and not self._is_quiet:
            self._out.write("")

    def _left(self, share: float, seconds: float) -> str:
        gone = share - (self._first_share or 0)
        if gone < _LEAST_SHARE or share >= 1:
            return ""
        return f"  {duration(seconds * (1 - share) / gone * 1000)} left"
