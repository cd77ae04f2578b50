"""Where events go while Redis does not answer: an append-only file on local disk, replayed afterwards.

A record is `length (4 bytes, big endian) | CRC-32 of the payload (4) | payload`; the payload is one stream
entry. Each process appends to a file of its own, which it holds locked; a file that nobody holds was left by
a process that died, and is replayed by whoever finds it. A torn last record (the machine went down in the
middle of a write) ends the replay of its file.
"""

import fcntl
import os
import struct
import threading
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

_HEADER = struct.Struct(">II")


class Spool:
    """The spool of one process. Its methods block on the disk: call them in a thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._fd: int | None = None
        self._lock = threading.Lock()

    def append(self, payload: bytes) -> None:
        """Returns when the record is on the disk (fsync). Raises OSError, after which the record is not there."""
        with self._lock:
            fd = self._open()
            start = os.fstat(fd).st_size
            try:
                record = memoryview(_HEADER.pack(len(payload), zlib.crc32(payload)) + payload)
                while record:
                    record = record[os.write(fd, record) :]
                os.fsync(fd)
            except OSError:
                # Half a record would hide those that follow it.
                os.ftruncate(fd, start)
                raise

    def replay(self, deliver: Callable[[bytes], None]) -> int:
        """Hand every spooled payload to `deliver`, oldest file first. Returns how many.

        A file goes when all of it was delivered; when `deliver` raises, its file stays and is replayed from the
        beginning next time: the writer ignores what it has already.
        """
        self._close()
        count = 0
        for path in sorted(self.directory.glob("*.spool"), key=lambda p: p.stat().st_mtime):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # a living process appends to it
                for payload in _records(file.read()):
                    deliver(payload)
                    count += 1
                path.unlink(missing_ok=True)
        return count

    def is_empty(self) -> bool:
        """Returns whether no process has left anything here."""
        return not any(self.directory.glob("*.spool"))

    def _open(self) -> int:
        while self._fd is None:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.directory / f"{uuid.uuid4().hex}.spool"
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
            fcntl.flock(fd, fcntl.LOCK_EX)
            # Between these two lines another process may have taken the new file for an orphan and removed it.
            if os.fstat(fd).st_nlink:
                self._fd = fd
            else:
                os.close(fd)
        return self._fd

    def _close(self) -> None:
        with self._lock:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None


def _records(data: bytes) -> Iterator[bytes]:
    position = 0
    while position + _HEADER.size <= len(data):
        size, checksum = _HEADER.unpack_from(data, position)
        payload = data[position + _HEADER.size : position + _HEADER.size + size]
        if len(payload) < size or zlib.crc32(payload) != checksum:
            return
        yield payload
        position += _HEADER.size + size
