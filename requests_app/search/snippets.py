"""A hit with a little of what is around it, for one line of a list."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from requests_app.search.spans import Span, spans_of

_SPACE = re.compile(r"\s+")
CHARACTERS = 220
BEFORE_HIT = 70


class Piece(NamedTuple):
    """A part of a text; `is_hit`: what was searched for."""

    text: str
    is_hit: bool


Snippet = tuple[Piece, ...]


def snippet_of(text: str, phrases: Sequence[Sequence[str]]) -> Snippet | None:
    """Returns one line of `text` around its first hit, None when it has none."""
    spans = spans_of(text, phrases)
    if not spans:
        return None
    start, end = _bounds(text, spans[0])
    inside = [(max(first, start), min(last, end)) for first, last in spans if first < end and last > start]
    moved = [(first - start, last - start) for first, last in inside]
    line = [Piece(_SPACE.sub(" ", piece.text), piece.is_hit) for piece in pieces_of(text[start:end], moved)]
    if start:
        line.insert(0, Piece("…", False))
    if end < len(text):
        line.append(Piece("…", False))
    return tuple(line)


def pieces_of(text: str, spans: Iterable[Span]) -> list[Piece]:
    """Returns all of `text` in pieces, those at `spans` (in order and apart) marked as hits."""
    pieces = []
    position = 0
    for start, end in spans:
        if start > position:
            pieces.append(Piece(text[position:start], False))
        pieces.append(Piece(text[start:end], True))
        position = end
    if position < len(text):
        pieces.append(Piece(text[position:], False))
    return pieces


def _bounds(text: str, hit: Span) -> Span:
    """Returns where the line begins and ends: at white space, if there is some near."""
    start = max(0, hit[0] - BEFORE_HIT)
    if start:
        space = text.find(" ", start, hit[0])
        start = space + 1 if space >= 0 else start
    end = min(len(text), max(start + CHARACTERS, hit[1]))
    if end < len(text):
        space = text.rfind(" ", hit[1], end)
        end = space if space >= 0 else end
    return start, end
