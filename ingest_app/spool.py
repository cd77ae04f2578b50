"""Where events go while Redis does not take them: append-only files on local disk, replayed afterwards.

A record is `length (4 bytes, big endian) | CRC-32 of the payload (4) | payload`; the payload is one list of events
(`ingest_app.events.encode`). Each process appends to a file of its own, which it holds locked, and begins a new one
when it is large; a file that nobody holds is replayed by whoever finds it. A torn last record (the machine went
down in the middle of a write) ends the replay of its file.
"""

import fcntl
import os
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER = struct.Struct(">II")
MAX_FILE_BYTES = 16 << 20


class SpoolSize(NamedTuple):
    """What lies in a spool."""

    files: int
    bytes: int


class Spool:
    """The spool of one process. Its methods block on the disk: call them in a thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._fd: int | None = None
        self._lock = threading.Lock()

    def append(self, payloads: Iterable[bytes]) -> None:
        """Returns when the records are on the disk (one fsync). Raises OSError, after which none of them is there."""
        with self._lock:
            fd = self._open()
            start = os.fstat(fd).st_size
            try:
                for payload in payloads:
                    _write_all(fd, _HEADER.pack(len(payload), zlib.crc32(payload)) + payload)
                os.fsync(fd)
            except OSError:
                # Half a record would hide those that follow it.
                os.ftruncate(fd, start)
                raise
            if os.fstat(fd).st_size >= MAX_FILE_BYTES:
                self._give_up()

    def replay(
        self, deliver: Callable[[bytes], None], *, may_go_on: Callable[[], bool] = lambda: True
    ) -> int:
        """Hand every spooled payload to `deliver`, oldest first. Returns how many.

        A file goes when all of it was delivered; when `deliver` raises, its file stays and is replayed from the
        beginning next time: the writer ignores what it has already. `may_go_on` is asked before each file.
        """
        self.release()
        count = 0
        for path in self._files():
            if not may_go_on():
                break
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue  # replayed by another process meanwhile
            with file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # a living process appends to it
                for payload in _records(file):
                    deliver(payload)
                    count += 1
                path.unlink(missing_ok=True)
        return count

    def release(self) -> None:
        """Let go of the file that was appended to: whoever finds it may replay it."""
        with self._lock:
            self._give_up()

    def is_empty(self) -> bool:
        """Returns whether no process has left anything here."""
        return not self._files()

    def size(self) -> SpoolSize:
        """Returns how much lies here, of all processes."""
        sizes = []
        for path in self._files():
            try:
                sizes.append(path.stat().st_size)
            except FileNotFoundError:
                continue
        return SpoolSize(len(sizes), sum(sizes))

    def _files(self) -> list[Path]:
        # Their names begin with the time they were begun at.
        return sorted(self.directory.glob("*.spool"))

    def _open(self) -> int:
        while self._fd is None:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.directory / f"{time.time_ns():020d}-{uuid.uuid4().hex}.spool"
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
            fcntl.flock(fd, fcntl.LOCK_EX)
            # Between these two lines another process may have taken the new file for an orphan and removed it.
            if os.fstat(fd).st_nlink:
                self._fd = fd
            else:
                os.close(fd)
        return self._fd

    def _give_up(self) -> None:
        """Let go of the file: it is ready to be replayed."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _records(file: BinaryIO) -> Iterator[bytes]:
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        size, checksum = _HEADER.unpack(header)
        payload = file.read(size)
        if len(payload) < size or zlib.crc32(payload) != checksum:
            return
        yield payload
