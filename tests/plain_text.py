"""Looking for a text in everything that an instance stores, however it is packed."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import zstandard
from psycopg import sql
from redis import Redis

from tests.instances import PROJECT_DIR, Instance

_SAY_ADDRESSES = "from helicone_site.datadir import *; print(embedded_database_url(), embedded_redis_url())"
_ZSTD = b"\x28\xb5\x2f\xfd"


def servers_of(instance: Instance) -> tuple[psycopg.Connection[Any], Redis]:
    """Returns connections to the instance's own servers."""
    said = subprocess.run(
        [sys.executable, "-c", _SAY_ADDRESSES],
        cwd=PROJECT_DIR,
        env=instance.env,
        capture_output=True,
        text=True,
        check=True,
    )
    database_url, redis_url = said.stdout.split()
    return psycopg.connect(database_url, autocommit=True), Redis.from_url(redis_url)


def tables_with(
    database: psycopg.Connection[Any], text: str, *, organization_id: int | None = None
) -> set[str]:
    """Returns the names of the tables that have `text` in any column, plain or packed.

    Of one organization: those that are organizations' own, and of them its rows.
    """
    found = set()
    names = database.execute(
        "SELECT relname, EXISTS ("
        " SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organization_id')"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    ).fetchall()
    for name, is_of_organizations in names:
        if organization_id is not None and not is_of_organizations:
            continue
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))
        if organization_id is not None:
            query += sql.SQL(" WHERE organization_id = {}").format(organization_id)
        rows = database.execute(query)
        if any(holds(value, text.encode()) for row in rows for value in row):
            found.add(name)
    return found


def redis_keys_with(redis: Redis, text: str) -> set[str]:
    """Returns the names of the keys that have `text` in their value or their name."""
    return {key.decode() for key in redis.scan_iter() if holds([key, *_values(redis, key)], text.encode())}


def holds(value: Any, text: bytes) -> bool:
    """Returns whether `text` is in `value`, or in what is in it, plain or packed."""
    if isinstance(value, bytes | memoryview):
        return any(text in data for data in _unpacked(bytes(value)))
    if isinstance(value, dict):
        return any(holds(item, text) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set):
        return any(holds(item, text) for item in value)
    return text in str(value).encode()


def _values(redis: Redis, key: bytes) -> list[Any]:
    readers = {
        b"string": lambda: [redis.get(key)],
        b"hash": lambda: list(redis.hgetall(key).items()),  # type: ignore[union-attr]
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: list(redis.smembers(key)),  # type: ignore[arg-type]
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"stream": lambda: redis.xrange(key),
        b"none": list,  # gone since it was listed
    }
    return readers[redis.type(key)]()  # type: ignore[index, no-any-return, operator]


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yields the bytes, and what is in a zstd frame that begins at their start or a little behind."""
    yield data
    start = data.find(_ZSTD, 0, 64)
    if start >= 0:
        try:
            yield zstandard.ZstdDecompressor().decompress(data[start:])
        except zstandard.ZstdError:
            return
