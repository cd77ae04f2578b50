"""The gateway's own connection to Redis: what it survives, and how long it waits."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from helicone_site.redis_client import async_client, sync_client
from ingest_app.event_log import EventLog
from ingest_app.redis_pipe import RedisPipe
from ingest_app.spool import Spool
from tests.events import chat_event
from tests.live import Tenant
from tests.scripted_server import Connection, in_loop, serving

PING = [("PING",)]


def test_a_redis_that_forgot_the_script_takes_events_all_the_same(
    tmp_path: Path, organization: Tenant, wait_for_rows: Callable[..., list]
) -> None:
    event = chat_event(organization.id)

    async def main() -> bool:
        log = EventLog(client=async_client(timeout_s=2), spool=Spool(tmp_path), wake=lambda: None)
        sync_client().script_flush()
        await log.put(event)
        await log.close()
        return Spool(tmp_path).is_empty()

    assert in_loop(main())
    assert wait_for_rows(organization.id)[0].id == event.id


def test_a_connection_that_was_cut_is_replaced_without_a_failure(organization: Tenant) -> None:
    async def main() -> list[Any]:
        pipe = RedisPipe(async_client(timeout_s=2))
        (number,) = await pipe.call([("CLIENT", "ID")])
        await asyncio.to_thread(sync_client().client_kill_filter, _id=number)
        replies = await pipe.call(PING)
        pipe.close()
        return replies

    assert in_loop(main()) == [b"PONG"]


def test_calls_at_the_same_time_get_their_own_replies(organization: Tenant) -> None:
    async def main() -> list[list[Any]]:
        pipe = RedisPipe(async_client(timeout_s=2))
        replies = await asyncio.gather(
            *(pipe.call([("ECHO", str(n)), ("ECHO", str(n * 10))]) for n in range(20))
        )
        pipe.close()
        return replies

    assert in_loop(main()) == [[b"%d" % n, b"%d" % (n * 10)] for n in range(20)]


def test_a_reply_that_came_while_the_loop_was_held_up_is_in_time(organization: Tenant) -> None:
    async def main() -> list[Any]:
        pipe = RedisPipe(async_client(timeout_s=0.2))
        await pipe.call(PING)
        asking = asyncio.create_task(pipe.call(PING))
        await asyncio.sleep(0)
        time.sleep(0.3)
        replies = await asking
        pipe.close()
        return replies

    assert in_loop(main()) == [b"PONG"]


class Redis:
    """A stand-in that notes the commands, answers OK to each that begins with one of `answered`, and else nothing."""

    def __init__(self, *answered: bytes) -> None:
        self._answered = answered
        self.commands: list[list[bytes]] = []

    async def __call__(self, connection: Connection) -> None:
        while True:
            count = int((await connection.reader.readline())[1:])
            command = []
            for _ in range(count):
                size = int((await connection.reader.readline())[1:])
                command.append((await connection.reader.readexactly(size + 2))[:-2])
            self.commands.append(command)
            if command[0] in self._answered:
                await connection.send(b"+OK\r\n")


def with_redis(
    stand_in: Redis, url: str, main: Callable[[RedisPipe], Coroutine[Any, Any, Any]], *, deadline_s: float = 5
) -> Any:
    async def run() -> Any:
        async with serving(stand_in) as server:
            address = url.format(host=f"127.0.0.1:{server.port}")
            pipe = RedisPipe(redis.asyncio.Redis.from_url(address, socket_timeout=deadline_s))
            try:
                return await main(pipe)
            finally:
                pipe.close()

    return in_loop(run())


@pytest.mark.parametrize(
    ("url", "hello"),
    [
        ("redis://{host}", [[b"SELECT", b"0"]]),
        ("redis://{host}/3", [[b"SELECT", b"3"]]),
        ("redis://:secret@{host}/1", [[b"AUTH", b"secret"], [b"SELECT", b"1"]]),
        ("redis://user:se%20cret@{host}", [[b"AUTH", b"user", b"se cret"], [b"SELECT", b"0"]]),
    ],
)
def test_the_url_says_as_whom_and_to_which_database(url: str, hello: list[list[bytes]]) -> None:
    stand_in = Redis(b"AUTH", b"SELECT", b"PING")

    async def main(pipe: RedisPipe) -> None:
        await pipe.call(PING)

    with_redis(stand_in, url, main)
    assert stand_in.commands == [*hello, [b"PING"]]


@pytest.mark.parametrize("answered", [(), (b"SELECT",)], ids=["from the start", "once it is asked"])
def test_a_redis_that_falls_silent_is_waited_for_no_longer_than_the_deadline(
    answered: tuple[bytes, ...],
) -> None:
    async def main(pipe: RedisPipe) -> float:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await pipe.call(PING)
        return time.monotonic() - started

    assert 0.19 < with_redis(Redis(*answered), "redis://{host}", main, deadline_s=0.2) < 1


def test_after_a_silence_the_next_call_is_not_given_the_late_reply() -> None:
    stand_in = Redis(b"SELECT", b"PING")

    async def main(pipe: RedisPipe) -> list[Any]:
        with pytest.raises(TimeoutError):
            await pipe.call([("SLEEP",)])
        return await pipe.call(PING)

    assert with_redis(stand_in, "redis://{host}", main, deadline_s=0.2) == [b"OK"]
    assert [command[0] for command in stand_in.commands] == [b"SELECT", b"SLEEP", b"SELECT", b"PING"]
