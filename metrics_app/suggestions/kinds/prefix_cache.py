"""A prompt cache as providers have it, played through with the calls that were logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from metrics_app.suggestions.kinds.recent import Recent

# How long an unused prefix is kept. Anthropic: 5 minutes; OpenAI: 5 to 10.
# https://platform.claude.com/docs/en/build-with-claude/prompt-caching
# https://platform.openai.com/docs/guides/prompt-caching
LIFETIME_S = 300


class Mark(NamedTuple):
    """The end of a prefix: what names all until there, and how many tokens it is."""

    digest: bytes
    tokens: int


@dataclass
class _Writer:
    """A call that put prefixes into the cache: until which token they were there before, or have been charged."""

    upto: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A prefix in the cache, from when the answer to the call that wrote it began."""

    tokens: int
    ready_s: float
    writer: _Writer

    def charge(self) -> int:
        """Returns how many tokens had to be written for this prefix to be there, and that were not charged before."""
        written = max(0, self.tokens - self.writer.upto)
        self.writer.upto += written
        return written


class Hit(NamedTuple):
    """What a call finds: the longest prefix of its own that is there; `tokens` as this call counts them."""

    tokens: int
    entry: Entry | None


class PrefixCache:
    """Keeps each prefix for `LIFETIME_S` after it was last used.

    All is kept that calls bring; what is charged for as a write is only what another call then reads, since one would
    set the marks so.
    """

    def __init__(self) -> None:
        self._entries: Recent[bytes, Entry] = Recent(LIFETIME_S)

    def look_up(self, marks: Sequence[Mark], *, began_s: float, ready_s: float, known_tokens: int = 0) -> Hit:
        """Returns what is there of a prompt, and keeps all of it.

        `marks` are its prefixes, shortest first; of it `known_tokens` were cached anyway.
        """
        hit, there = Hit(0, None), 0
        for number in range(len(marks), 0, -1):
            entry = self._entries.get(marks[number - 1].digest, began_s)
            if entry is not None and entry.ready_s <= began_s:
                hit, there = Hit(marks[number - 1].tokens, entry), number
                break
        for mark in marks[:there]:
            entry = self._entries.get(mark.digest, began_s)
            if entry is not None:
                self._entries.put(mark.digest, entry, began_s)
        writer = _Writer(upto=max(hit.tokens, known_tokens))
        for mark in marks[there:]:
            # One that is on its way is ready sooner than ours.
            if self._entries.get(mark.digest, began_s) is None:
                self._entries.put(mark.digest, Entry(mark.tokens, ready_s, writer), began_s)
        return hit
