"""The two ends that the gateway stands between: a provider and a crowd of clients, both as lean as Python gets."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import uvloop

STREAM_EVENTS = 61


def request_body(size: int = 1500, *, streamed: bool = False) -> bytes:
    """Returns a chat request of about `size` bytes, for a stream with usage at its end when `streamed`."""
    text = ("the quick brown fox jumps over the lazy dog " * (size // 40 + 1))[: max(1, size - 110)]
    request: dict[str, object] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
    if streamed:
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(request).encode()


def plain_answer(size: int = 1500) -> bytes:
    """Returns a chat completion of about `size` bytes."""
    text = "Jackdaws love my big sphinx of quartz. " * (size // 39 + 1)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text[: max(1, size - 330)]},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 310, "completion_tokens": 280, "total_tokens": 590}
    return json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_764_000_000,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [choice],
            "usage": usage,
        }
    ).encode()


def stream_answer(events: int = STREAM_EVENTS) -> list[bytes]:
    """Returns the server-sent events of a streamed chat completion, `events` in all with `[DONE]`."""
    head = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1_764_000_000,
        "model": "gpt-4o-mini",
    }

    def event(choices: list[object], **more: object) -> bytes:
        return b"data: " + json.dumps({**head, "choices": choices, **more}).encode() + b"\n\n"

    words = [
        event([{"index": 0, "delta": {"content": f"word{n} "}, "finish_reason": None}])
        for n in range(events - 3)
    ]
    end = event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    usage = event(
        [], usage={"prompt_tokens": 310, "completion_tokens": events - 3, "total_tokens": 307 + events}
    )
    return [*words, end, usage, b"data: [DONE]\n\n"]


class Provider(asyncio.Protocol):
    """Answers every request at once: with one body, or with a stream when the request asks for one."""

    plain = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
        len(plain_answer()),
        plain_answer(),
    )
    stream_head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"transfer-encoding: chunked\r\n\r\n"
    )
    # Four writes, as a busy connection would coalesce them.
    stream = tuple(
        b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in stream_answer()[start : start + 16])
        for start in range(0, STREAM_EVENTS, 16)
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = (
                self._buffer[end + 4 : end + 4 + length],
                self._buffer[end + 4 + length :],
            )
            # Some proxies write the JSON anew, without the space.
            if b'"stream": true' in body or b'"stream":true' in body:
                self._stream()
            else:
                self._transport.write(self.plain)  # type: ignore[attr-defined]

    def _stream(self) -> None:
        write = self._transport.write  # type: ignore[attr-defined]
        write(self.stream_head)
        for piece in self.stream:
            write(piece)
        write(b"0\r\n\r\n")


def serve_provider(port: int, protocol: type[Provider] = Provider) -> None:
    """Serve until killed."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    uvloop.run(main())


@dataclass
class Load:
    """What a run of clients saw: seconds for each answer, in the order they ended.

    `bad` counts answers that were not 200 and those that broke off. `delays` are the seconds by which single events
    came late, where the client looks at that.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bad: int = 0
    delays: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Returns answers per second."""
        return len(self.latencies) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Returns the latency that `share` (0 to 1) of the answers did not exceed, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class Client(asyncio.Protocol):
    """One connection that sends the same request again and again, `pause_s` after each answer."""

    def __init__(self, request: bytes, load: Load, deadline: float, pause_s: float) -> None:
        self._request, self._load, self._deadline, self._pause_s = request, load, deadline, pause_s
        self._closing = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._tail, self._needed = b"", None
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self._needed is None:
            self._tail += data
            end = self._tail.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._tail[:end].lower()
            self._load.bad += not head.startswith(b"http/1.1 200")
            start = head.find(b"content-length:")
            if start >= 0:
                self._needed = int(head[start + 15 :].split(b"\r\n", 1)[0]) - (len(self._tail) - end - 4)
            else:
                self._needed = -1  # chunked: until the closing chunk
                self._tail = self._tail[end + 2 :]
        elif self._needed >= 0:
            self._needed -= len(data)
        else:
            self._tail = self._tail[-8:] + data
        if self._needed == 0 or (self._needed < 0 and self._tail.endswith(b"\r\n0\r\n\r\n")):
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self._load.latencies.append(now - self._sent_at)
        if now >= self._deadline:
            self._closing = True
            self._transport.close()
        elif self._pause_s:
            asyncio.get_running_loop().call_later(self._pause_s, self._send)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.bad += not self._closing
        if not self.done.done():
            self.done.set_result(None)


def run_clients(
    port: int,
    path: str,
    headers: Mapping[str, str],
    *,
    connections: int,
    seconds: float,
    streamed: bool = False,
    pause_s: float = 0.0,
    client: type[Client] = Client,
) -> Load:
    """Returns what `connections` clients saw of `POST path` on loopback in `seconds`; each sends at least once."""
    body = request_body(streamed=streamed)
    lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{port}", "content-type: application/json"]
    lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    load = Load()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        clients = [
            (
                await loop.create_connection(
                    lambda: client(request, load, started + seconds, pause_s), "127.0.0.1", port
                )
            )[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(client.done for client in clients))
        load.seconds = time.perf_counter() - started

    uvloop.run(main())
    return load
