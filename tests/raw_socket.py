"""Both ends of an HTTP/1.1 connection, byte for byte: a client that may send anything, a server that may answer so."""

import contextlib
import socket
import threading
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True)
class WireAnswer:
    """An answer as it was framed. `is_whole` is false when the connection closed before its end."""

    status: int
    headers: list[tuple[str, str]]  # names in lower case, values decoded as Latin-1
    pieces: list[bytes]  # the chunks, or what a read brought
    is_whole: bool

    @property
    def body(self) -> bytes:
        """Returns the body, without its framing."""
        return b"".join(self.pieces)

    def header(self, name: str) -> str | None:
        """Returns the first header called `name` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


class WireClient:
    """One connection. As a context manager it is closed at the end."""

    def __init__(self, url: str, *, timeout_s: float = 10) -> None:
        address = urllib.parse.urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        self.host = address.netloc
        self._socket = socket.create_connection((address.hostname, address.port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "WireClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send `data` as it is. That the other side has closed shows in `answer`."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def answer(self, method: str = "POST") -> WireAnswer | None:
        """Returns the next answer, to a request by `method`; None when the connection was closed instead."""
        try:
            first = self._file.readline()
        except ConnectionResetError:
            return None
        if not first:
            return None
        status = int(first.split(b" ", 2)[1])
        headers = []
        while line := self._file.readline().rstrip(b"\r\n"):
            name, _, value = line.partition(b":")
            headers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        if 100 <= status < 200:
            return self.answer(method)
        pieces: list[bytes] = []
        try:
            is_whole = self._read_body(method, status, dict(headers), pieces)
        except ConnectionResetError:
            is_whole = False
        return WireAnswer(status, headers, pieces, is_whole)

    def is_closed(self) -> bool:
        """Returns whether the other side has closed; waits for that as long as for an answer."""
        try:
            return not self._file.read(1)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def _read_body(self, method: str, status: int, headers: dict[str, str], pieces: list[bytes]) -> bool:
        """Fill `pieces`. Returns whether the body came to its end."""
        if method == "HEAD" or status in {204, 304}:
            return True
        if headers.get("transfer-encoding") == "chunked":
            while size := int(self._file.readline() or b"0", 16):
                pieces.append(self._file.read(size))
                if self._file.readline() != b"\r\n":
                    return False
            return self._file.readline() == b"\r\n"
        length = headers.get("content-length")
        pieces.append(self._file.read(-1 if length is None else int(length)))
        return length is None or len(pieces[0]) == int(length)


class Peer:
    """A client's connection, as a script of `ScriptedServer` sees it."""

    def __init__(self, connection: socket.socket, requests: list[bytes]) -> None:
        self._socket = connection
        self._file = connection.makefile("rb")
        self._requests = requests

    def request(self) -> bytes:
        """Returns the next request, head and announced body, and keeps it; b"" when there is none."""
        head = b""
        while line := self._file.readline():
            head += line
            if line == b"\r\n":
                break
        if not head:
            return b""
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        whole = head + self._file.read(length)
        self._requests.append(whole)
        return whole

    def send(self, *pieces: bytes) -> None:
        """Send each piece in a segment of its own."""
        for piece in pieces:
            self._socket.sendall(piece)

    def wait_closed(self) -> None:
        """Wait until the other side closes."""
        self._file.read()

    def close(self) -> None:
        """Let go of the connection."""
        self._file.close()


class ScriptedServer:
    """Runs `script` for each connection, in a thread, and closes the connection when it returns.

    As a context manager it listens until the end. `requests` is what `Peer.request` has read.
    """

    def __init__(self, host: str, script: Callable[[Peer], None]) -> None:
        self._listener = socket.create_server((host, 0))
        self._script = script
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> "ScriptedServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone does not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(20)
        peer = Peer(connection, self.requests)
        # That the other side closes, too, is what many scripts provoke.
        with connection, contextlib.closing(peer), contextlib.suppress(OSError):
            self._script(peer)


def answering(*pieces: bytes, keep: bool = False) -> Callable[[Peer], None]:
    """Returns a script that answers each request with `pieces`; it closes after the first unless `keep`."""

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(*pieces)
            if not keep:
                return

    return script


def request(
    method: str, target: str | bytes, headers: Iterable[tuple[str, str | bytes]], body: bytes = b""
) -> bytes:
    """Returns a request's bytes; its Content-Length is added when it has a body."""
    if isinstance(target, str):
        target = target.encode("latin-1")
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target)]
    for name, value in headers:
        lines.append(name.encode() + b": " + (value.encode("latin-1") if isinstance(value, str) else value))
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def chunked(pieces: Iterable[bytes]) -> bytes:
    """Returns a body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
