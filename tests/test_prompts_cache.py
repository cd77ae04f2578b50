"""What a gateway knows of stored prompts, with the database away, under load and after changes."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway_app.prompts.cache import MAX_BYTES, PromptCache, PromptsUnknown
from gateway_app.prompts.stored import CHANGED_CHANNEL, StoredPrompt, Wanted
from helicone_site.redis_client import async_client, sync_client
from tests.live import Stack

WANTED = Wanted("abc123")


class Database:
    """Says what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.body: bytes | None = b"{}"
        self.is_away = False
        self.reads = 0
        self.takes_s = 0.0

    def load(self, organization_id: int, wanted: Wanted) -> StoredPrompt | None:
        self.reads += 1
        body = self.body
        time.sleep(self.takes_s)
        if self.is_away:
            raise ConnectionError("away")
        return None if body is None else StoredPrompt("v", body)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def with_cache(stack: Stack, database: Database) -> Callable[..., None]:
    """Returns a function that runs a coroutine with a cache that is told of changes."""

    def run(test: Callable[[PromptCache], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            cache = PromptCache(load=database.load, client=async_client(timeout_s=5))
            try:
                await test(cache)
            finally:
                await cache.close()

        asyncio.run(main())

    return run


def test_a_prompt_is_read_once(with_cache: Callable[..., None], database: Database) -> None:
    async def test(cache: PromptCache) -> None:
        for _ in range(3):
            assert await cache.get(1, WANTED) == StoredPrompt("v", b"{}")
        await cache.get(2, WANTED)
        await cache.get(1, Wanted("abc123", environment="staging"))

    with_cache(test)
    assert database.reads == 3


def test_who_comes_meanwhile_shares_a_read(with_cache: Callable[..., None], database: Database) -> None:
    database.takes_s = 0.05

    async def test(cache: PromptCache) -> None:
        found = await asyncio.gather(*(cache.get(1, WANTED) for _ in range(50)))
        assert set(found) == {StoredPrompt("v", b"{}")}

    with_cache(test)
    assert database.reads == 1


def test_what_does_not_exist_is_looked_for_again(with_cache: Callable[..., None], database: Database) -> None:
    database.body = None

    async def test(cache: PromptCache) -> None:
        assert await cache.get(1, WANTED) is None
        database.body = b"{}"
        assert await cache.get(1, WANTED) is not None

    with_cache(test)


def test_a_change_is_followed(with_cache: Callable[..., None], database: Database) -> None:
    async def test(cache: PromptCache) -> None:
        cache.start()
        while not sync_client().pubsub_numsub(CHANGED_CHANNEL)[0][1]:
            await asyncio.sleep(0.01)
        await cache.get(1, WANTED)
        database.body = b'{"model":"new"}'
        async with asyncio.timeout(5):
            while (await cache.get(1, WANTED)) != StoredPrompt("v", database.body):
                sync_client().publish(CHANGED_CHANNEL, b"")
                await asyncio.sleep(0.01)

    with_cache(test)


def test_a_read_that_began_before_a_change_does_not_hide_it(
    with_cache: Callable[..., None], database: Database
) -> None:
    database.takes_s = 0.1

    async def test(cache: PromptCache) -> None:
        early = asyncio.create_task(cache.get(1, WANTED))
        await asyncio.sleep(0.02)
        await cache.forget()
        database.body = b'{"model":"new"}'
        late = await cache.get(1, WANTED)
        await early
        assert late == await cache.get(1, WANTED) == StoredPrompt("v", database.body)

    with_cache(test)


def test_while_the_database_is_away_the_last_known_stands(
    with_cache: Callable[..., None], database: Database
) -> None:
    async def test(cache: PromptCache) -> None:
        await cache.get(1, WANTED)
        await cache.forget()
        database.is_away = True
        assert await cache.get(1, WANTED) == StoredPrompt("v", b"{}")
        with pytest.raises(PromptsUnknown):
            await cache.get(2, WANTED)

    with_cache(test)


def test_memory_is_bounded(with_cache: Callable[..., None], database: Database) -> None:
    database.body = bytes(MAX_BYTES // 4)

    async def test(cache: PromptCache) -> None:
        for organization_id in range(6):
            await cache.get(organization_id, WANTED)
        await cache.get(5, WANTED)  # among the last four
        assert database.reads == 6
        await cache.get(0, WANTED)
        assert database.reads == 7

    with_cache(test)
