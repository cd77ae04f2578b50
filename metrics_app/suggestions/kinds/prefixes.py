"""Prompts that begin as others did a moment ago, and were charged in full: no prompt cache, or a head that varies."""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.kinds.prefix_cache import Entry, Mark, PrefixCache
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.prompt import without_varying_head
from metrics_app.suggestions.tally import Found, Tallies

AT_LEAST = 3
# Shorter prefixes are not cached; by model. Others: 1,024 tokens, as with OpenAI.
# https://platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations
SHORTEST_TOKENS = 1_024
_SHORTEST = (
    (re.compile(r"claude-(opus-4-[567]|haiku-4-5)"), 4_096),
    (re.compile(r"claude-(sonnet-4-6|3-5-haiku|3-haiku)"), 2_048),
)
# Who caches only what requests ask for, as the same page says; the others do it by themselves.
_asks_for_it = re.compile(r"claude|nova", re.IGNORECASE)


class Prefixes:
    """Plays the prompt cache twice: with the prompts as they were, and without what varies in their first message."""

    def __init__(self) -> None:
        self._uncached: Tallies[tuple[str, str]] = Tallies()
        self._varying: Tallies[tuple[str, str]] = Tallies()
        self._as_sent = PrefixCache()
        self._without_head = PrefixCache()

    @property
    def is_full(self) -> bool:
        return self._uncached.is_full or self._varying.is_full

    def see(self, call: Call) -> None:
        if not call.succeeded or not call.has_text_prompt:
            return
        # A prefix can be read once the answer to whoever wrote it has begun.
        ready_s = call.began_s + (call.row.time_to_first_token_ms or call.row.latency_ms) / 1000
        read_tokens = call.row.cache_read_tokens or 0
        hit = self._as_sent.look_up(
            _marks(call, (piece.raw for piece in call.prompt.pieces)), began_s=call.began_s, ready_s=ready_s
        )
        healed = self._without_head.look_up(
            _marks(call, without_varying_head(call.prompt)),
            began_s=call.began_s,
            ready_s=ready_s,
            known_tokens=max(hit.tokens, read_tokens),
        )
        if call.is_avoidable:
            return
        uses_cache = read_tokens > 0 or (call.row.cache_write_tokens or 0) > 0
        if hit.entry and not uses_cache:
            self._count(self._uncached, call, hit.tokens, hit.entry)
        gained = healed.tokens - max(hit.tokens, read_tokens)
        if healed.entry and gained >= SHORTEST_TOKENS:
            self._count(self._varying, call, gained, healed.entry)

    def found(self) -> Iterator[Found]:
        for kind, tallies in (
            (Kind.UNCACHED_PREFIX, self._uncached),
            (Kind.VARYING_HEAD, self._varying),
        ):
            for (provider, model), tally in tallies.items(at_least=AT_LEAST):
                asks_for_it = bool(_asks_for_it.search(model))
                yield Found(kind, provider, model, tally, facts={"asks_for_it": asks_for_it})

    def _count(self, tallies: Tallies[tuple[str, str]], call: Call, tokens: int, entry: Entry) -> None:
        prompt, read, write = (call.price(kind) for kind in ("prompt", "cache_read", "cache_write"))
        if prompt is None or read is None or write is None:
            tallies.of(call.group).add(call, None, tokens=tokens)
        elif read < prompt:  # else the provider charges as much for what is cached
            written = entry.charge() if write > prompt else 0
            saving = round((tokens * (prompt - read) - written * (write - prompt)) * 1000)
            call.cacheable_tokens += tokens
            tallies.of(call.group).add(call, saving, tokens=tokens, written=written)


def shortest_prefix(model: str) -> int:
    """Returns how many tokens a prefix must have for the provider to cache it."""
    return next((tokens for pattern, tokens in _SHORTEST if pattern.search(model)), SHORTEST_TOKENS)


def _marks(call: Call, pieces: Iterable[bytes]) -> list[Mark]:
    """Returns the prefixes that are long enough to be cached."""
    marks = []
    chain = blake2b("\0".join(call.group).encode("utf-8", "surrogatepass"), digest_size=16)
    size = 0
    shortest = shortest_prefix(call.row.model)
    for piece in pieces:
        chain.update(len(piece).to_bytes(8, "big"))
        chain.update(piece)
        size += len(piece)
        tokens = call.tokens_in(size)
        if tokens >= shortest:
            marks.append(Mark(chain.digest(), tokens))
    return marks
