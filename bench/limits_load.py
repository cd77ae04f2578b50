"""Many clients against some gateways, which are killed meanwhile, and a provider that keeps its own account."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

MODEL = "gpt-4o"
PROMPT_NANODOLLARS, ANSWER_NANODOLLARS = 2_500, 10_000  # a token, by the published list
PATH = "/v1/chat/completions"
_PAUSE_S = 0.02  # of a client that was refused


@dataclass(slots=True)
class Served:
    """One request as the provider saw it. Times are those of time.monotonic."""

    at: float
    cost_nanodollars: int


@dataclass(slots=True)
class Sent:
    """One request as its client saw it."""

    number: int
    began_at: float
    ended_at: float
    body: bytes
    status: int  # 0: the gateway died under it; -1: it was dead
    answer: bytes = b""


@dataclass
class Provider:
    """Answers chats with random usage after a random time."""

    seed: int = 1
    slowest_s: float = 0.2
    served: dict[int, Served] = field(default_factory=dict)  # by the number in the prompt
    url: str = ""

    @asynccontextmanager
    async def listening(self) -> "AsyncIterator[Provider]":
        """Serves meanwhile."""
        self._random = random.Random(self.seed)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                _, body = await _read(reader)
                asked = json.loads(body)
                number = int(asked["messages"][0]["content"].split()[0])
                prompt_tokens = self._random.randint(1, len(asked["messages"][0]["content"]))
                answer_tokens = self._random.randint(1, asked["max_tokens"])
                cost = prompt_tokens * PROMPT_NANODOLLARS + answer_tokens * ANSWER_NANODOLLARS
                # It has begun to work: whoever goes away now pays all the same.
                self.served[number] = Served(time.monotonic(), cost)
                await asyncio.sleep(self._random.uniform(0, self.slowest_s))
                writer.write(_answer(asked["model"], prompt_tokens, answer_tokens))
                await writer.drain()
        writer.close()


class Line:
    """A connection to a gateway, opened when it is needed."""

    def __init__(self, url: str, key: str, headers: Mapping[str, str] | None = None) -> None:
        self._host, self._port = url.removeprefix("http://").split(":")
        said = {
            "Host": "gateway",
            "Authorization": "Bearer sk-fake-openai-key",
            "Helicone-Auth": f"Bearer {key}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        self._head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes, *, number: int = 0) -> tuple[int, bytes]:
        """Returns status and body of the answer; 0 when the gateway died under the request, -1 when it was dead.

        `number` is found again in the row's request id.
        """
        try:
            if self._open is None:
                try:
                    self._open = await asyncio.open_connection(self._host, int(self._port))
                except OSError:
                    return -1, b""
            reader, writer = self._open
            head = f"POST {PATH} HTTP/1.1\r\n{self._head}Helicone-Request-Id: {request_id(number)}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            return await _read(reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, b""

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open[1].close()
        self._open = None


class Clients:
    """So many clients that ask one request after the other, until they are told to stop."""

    def __init__(self, urls: Sequence[str], key: str, *, most_tokens: int = 40) -> None:
        self._urls, self._key = urls, key
        self._most_tokens = most_tokens
        self._random = random.Random(7)
        self._count = 0
        self._is_over = False
        self.sent: list[Sent] = []

    async def run(self, clients: int, *, seconds: float) -> None:
        """Ask for so long, then let all requests end."""
        tasks = [asyncio.create_task(self._ask_on(place)) for place in range(clients)]
        await asyncio.sleep(seconds)
        self._is_over = True
        await asyncio.gather(*tasks)

    async def _ask_on(self, place: int) -> None:
        line = Line(self._urls[place % len(self._urls)], self._key)
        while not self._is_over:
            number, self._count = self._count, self._count + 1
            body = request_body(number, self._random, most_tokens=self._most_tokens)
            began_at = time.monotonic()
            status, answer = await line.ask(body, number=number)
            self.sent.append(Sent(number, began_at, time.monotonic(), body, status, answer))
            if status <= 0:
                place += 1  # that gateway is dead
                line = Line(self._urls[place % len(self._urls)], self._key)
            if status != 200:
                await asyncio.sleep(_PAUSE_S)
        line.close()


def request_id(number: int) -> str:
    """Returns the id that the row of a numbered request has."""
    return f"00000000-0000-4000-8000-{number:012x}"


def request_body(number: int, chance: random.Random, *, most_tokens: int = 40) -> bytes:
    """Returns a request of random length, with its number as its first word."""
    text = f"{number} " + "word " * chance.randint(0, 30)
    body = {
        "model": MODEL,
        "max_tokens": chance.randint(1, most_tokens),
        "messages": [{"role": "user", "content": text}],
    }
    return json.dumps(body).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Returns the status (0 of a request) and the body of a message with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    lengths = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
    status = first.split(" ")[1]
    return int(status) if status.isdigit() else 0, await reader.readexactly(int(lengths[0]))


def _answer(model: str, prompt_tokens: int, answer_tokens: int) -> bytes:
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer_tokens,
            "total_tokens": prompt_tokens + answer_tokens,
        },
    }
    body = json.dumps(whole).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
