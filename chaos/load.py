"""The clients: each sends one request after the other, to any of the gateways, and writes down what it saw."""

import asyncio
import random
import time
from collections.abc import Sequence

import aiohttp

from chaos.asks import Sent, make_ask

_ANSWER_WITHIN_S = 60.0
_POLL_S = 0.02
_AFTER_NO_CONNECTION_S = 0.1


class Load:
    """Steady traffic. `ledger` holds every request, in the order of sending."""

    def __init__(
        self, gateways: Sequence[str], *, api_key: str, seed: int, clients: int, per_second: float
    ) -> None:
        """`gateways` are base URLs; each client waits so long between requests that all make `per_second`."""
        self.ledger: list[Sent] = []
        self._gateways = gateways
        self._api_key = api_key
        self._seed = seed
        self._clients = clients
        self._pause_s = clients / per_second
        self._begun_at = time.monotonic()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ending = False
        self._under_way = 0

    async def run(self) -> None:
        """Send until `end` is called; what is under way then is finished."""
        timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            for number in range(self._clients):
                group.create_task(self._client(session, number), name=f"client {number}")

    async def pause(self) -> None:
        """Returns when no request is under way, and none follows before `resume`."""
        self._flowing.clear()
        while self._under_way:
            await asyncio.sleep(_POLL_S)

    def resume(self) -> None:
        """Go on after a pause."""
        self._flowing.set()

    def end(self) -> None:
        """Send nothing more."""
        self._ending = True
        self._flowing.set()

    async def _client(self, session: aiohttp.ClientSession, number: int) -> None:
        rng = random.Random(f"{self._seed} {number}")  # noqa: S311 - to be the same for the same seed
        while True:
            await self._flowing.wait()
            if self._ending:
                return
            marker = f"chaos-{self._seed}-{len(self.ledger)}"
            sent, body = make_ask(rng, marker=marker, api_key=self._api_key)
            sent.sent_at_s = time.monotonic() - self._begun_at
            self.ledger.append(sent)
            self._under_way += 1
            try:
                await _send(session, rng.choice(self._gateways), sent, body)
            finally:
                self._under_way -= 1
            if sent.outcome == "not sent":
                await asyncio.sleep(_AFTER_NO_CONNECTION_S)
            await asyncio.sleep(rng.expovariate(1 / self._pause_s))


async def _send(session: aiohttp.ClientSession, gateway: str, sent: Sent, body: bytes) -> None:
    status, answer, broke_off = 0, bytearray(), ""
    try:
        async with session.post(gateway + sent.path, data=body, headers=sent.headers) as response:
            status = response.status
            async for piece in response.content.iter_any():
                answer += piece
    except aiohttp.ClientConnectorError:
        return
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        broke_off = str(error) or type(error).__name__
    sent.note_answer(status, bytes(answer), broke_off=broke_off)
