"""What the person at the terminal is told, on stderr."""

import sys
import time
from datetime import UTC, datetime
from typing import TextIO

_LINE_EVERY_S = 5.0
_REWRITE_EVERY_S = 0.2
_CLEAR_LINE = "\r\x1b[2K"


class Progress:
    """How far it is: one line that is rewritten on a terminal, else a line every few seconds.

    `level` is "quiet" (errors only), "normal" or "verbose" (each call, too).
    """

    def __init__(self, level: str, stream: TextIO | None = None) -> None:
        self._level = level
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty() and level == "normal"
        self._began = self._told_at = time.monotonic()
        self._done_before = self._rows = 0
        self._total: int | None = None
        self._has_line = False

    def begin(self, *, rows: int, total: int | None) -> None:
        """Say that `rows` of `total` are done already; None when nobody knows how many there are."""
        self._began = time.monotonic()
        self._done_before = self._rows = rows
        self._total = total

    def advance(self, rows: int) -> None:
        """Count further rows."""
        self._rows += rows
        waited_s = time.monotonic() - self._told_at
        if self._level == "quiet" or waited_s < (_REWRITE_EVERY_S if self._rewrites else _LINE_EVERY_S):
            return
        self._told_at = time.monotonic()
        if self._rewrites:
            self._stream.write(_CLEAR_LINE + self._how_far())
            self._stream.flush()
            self._has_line = True
        else:
            self._line(self._how_far())

    def end(self, what: str) -> None:
        """Say how many requests came, and `what` became of them."""
        took_s = time.monotonic() - self._began
        self.say(f"{self._rows:,} requests in {_duration(took_s)}, {self._rate():,.0f}/s{what}")

    def note(self, text: str) -> None:
        """Say it to those who want to know each call."""
        if self._level == "verbose":
            self._line(f"{datetime.now(UTC):%H:%M:%S} {text}")

    def say(self, text: str) -> None:
        """Say it unless all shall be quiet."""
        if self._level != "quiet":
            self._line(text)

    def error(self, text: str) -> None:
        """Say it in any case."""
        self._line(text)

    def _line(self, text: str) -> None:
        self._stream.write(f"{_CLEAR_LINE if self._has_line else ''}{text}\n")
        self._stream.flush()
        self._has_line = False

    def _rate(self) -> float:
        return (self._rows - self._done_before) / max(time.monotonic() - self._began, 0.001)

    def _how_far(self) -> str:
        rate = self._rate()
        if not self._total:
            return f"{self._rows:,} requests, {rate:,.0f}/s"
        # More may have come since they were counted.
        left = max(0, self._total - self._rows)
        percent = min(100, self._rows * 100 // self._total)
        text = f"{self._rows:,} of about {self._total:,} requests ({percent} %), {rate:,.0f}/s"
        return f"{text}, {_duration(left / rate)} left" if rate and left else text


def _duration(seconds: float) -> str:
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"
