"""How often an organization's clients sent Helicone headers without a meaning: one Redis hash each, name → count."""

from typing import cast

from redis import Redis

MAX_NAMES = 200  # per organization: names are what clients make up
KEPT_S = 30 * 24 * 3600  # after the last one
SHOWN_NAMES = 20

# KEYS: the hash. ARGV: name, number, MAX_NAMES, KEPT_S.
ADD = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then
    redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
    redis.call('EXPIRE', KEYS[1], ARGV[4])
end
"""


def key_of(organization_id: int) -> str:
    """Returns the key of the organization's hash."""
    return f"helicone:unknown-headers:{organization_id}"


def unknown_headers(redis: Redis, organization_id: int) -> list[tuple[str, int]]:
    """Returns the names and their counts, the most frequent first, at most SHOWN_NAMES. Raises RedisError."""
    counts = cast("dict[bytes, bytes]", redis.hgetall(key_of(organization_id)))
    named = [(name.decode("utf-8", "replace"), int(number)) for name, number in counts.items()]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))[:SHOWN_NAMES]
