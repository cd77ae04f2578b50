"""One readable log: the lines of all processes, each behind the name of the one that wrote it."""

import asyncio
from collections.abc import Iterable
from typing import BinaryIO

_LONGEST_LINE_BYTES = 65536
_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)


class Log:
    """Writes prefixed lines to `stream`, in colour if that is a terminal."""

    def __init__(self, stream: BinaryIO, names: Iterable[str]) -> None:
        """`names` are those of all processes, so that the lines can be aligned."""
        names = tuple(names)
        width = max(map(len, names))
        colours = dict(zip(names, _COLOURS * len(names), strict=False)) if stream.isatty() else {}
        self._stream: BinaryIO | None = stream
        self._prefixes = {name: _prefix(name.ljust(width), colours.get(name)) for name in names}

    def write(self, name: str, line: str) -> None:
        """Write one line of `name`."""
        self._write(name, [line.encode("utf-8", "replace")])

    async def pump(self, name: str, output: asyncio.StreamReader) -> None:
        """Write what comes out of `output` until it ends: whole lines, very long ones in pieces."""
        pending = b""
        while chunk := await output.read(_LONGEST_LINE_BYTES):
            *lines, pending = (pending + chunk).split(b"\n")
            while len(pending) > _LONGEST_LINE_BYTES:
                lines.append(pending[:_LONGEST_LINE_BYTES])
                pending = pending[_LONGEST_LINE_BYTES:]
            self._write(name, lines)
        if pending:
            self._write(name, [pending])

    def _write(self, name: str, lines: Iterable[bytes]) -> None:
        if self._stream is None:
            return
        prefix = self._prefixes[name]
        try:
            self._stream.write(b"".join(prefix + line.rstrip(b"\r") + b"\n" for line in lines))
            self._stream.flush()
        except OSError:
            # Nobody reads any more, or the log's disk is full: no reason to stop serving.
            self._stream = None


def _prefix(name: str, colour: int | None) -> bytes:
    text = f"{name} | "
    return (f"\033[{colour}m{text}\033[0m" if colour else text).encode("ascii")
