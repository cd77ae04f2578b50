"""What changed between two texts, word by word, in bounded time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# difflib's time grows with the product of both lengths: beyond so many words lines are compared, and beyond so
# many lines nothing is.
MAX_COMPARED = 1_500
MAX_COMPARED_CHARACTERS = 50_000
SAME_SHOWN_CHARACTERS = 240
CHANGED_SHOWN_CHARACTERS = 8_000
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, came or went. `left_out` characters of a long one are not in `text`."""

    change: Change
    text: str
    left_out: int = 0


def word_diff(before: str, after: str) -> list[Piece]:
    """Returns the pieces of both texts in order, with what both share in the middle shortened."""
    start = _common_length(before, after)
    end = _common_length(before[start:][::-1], after[start:][::-1])
    head, tail = before[:start], before[len(before) - end :] if end else ""
    changed = _pieces(before[start : len(before) - end], after[start : len(after) - end])
    pieces = [Piece(Change.SAME, head), *changed, Piece(Change.SAME, tail)]
    shown = [piece for piece in pieces if piece.text]
    return [_shortened(piece, at == 0, at == len(shown) - 1) for at, piece in enumerate(shown)]


def _common_length(one: str, other: str) -> int:
    """Returns how many characters both begin with, back to the last white space, so that no word is torn."""
    shorter = min(len(one), len(other))
    low, high = 0, shorter
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    if low == len(one) == len(other):
        return low
    while low and not one[low - 1].isspace():
        low -= 1
    return low


def _pieces(before: str, after: str) -> list[Piece]:
    # Counted first: to split megabytes takes longer than to compare what may be compared.
    if max(len(before), len(after)) <= MAX_COMPARED_CHARACTERS:
        old, new = _WORDS.findall(before), _WORDS.findall(after)
        if max(len(old), len(new)) <= MAX_COMPARED:
            return _compared(old, new)
    if max(before.count("\n"), after.count("\n")) < MAX_COMPARED:
        return _compared(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [Piece(Change.REMOVED, before), Piece(Change.ADDED, after)]


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for kind, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(Change.SAME, "".join(old[old_start:old_end])))
            continue
        pieces.append(Piece(Change.REMOVED, "".join(old[old_start:old_end])))
        pieces.append(Piece(Change.ADDED, "".join(new[new_start:new_end])))
    return _joined([piece for piece in pieces if piece.text])


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Changes that only white space stands between read better as one."""
    joined: list[Piece] = []
    gap: list[tuple[str, str]] = []  # removed and added text since the last piece that stayed

    def close() -> None:
        removed, added = "".join(old for old, _ in gap), "".join(new for _, new in gap)
        joined.extend(
            piece for piece in (Piece(Change.REMOVED, removed), Piece(Change.ADDED, added)) if piece.text
        )
        gap.clear()

    for at, piece in enumerate(pieces):
        if piece.change is Change.REMOVED:
            gap.append((piece.text, ""))
        elif piece.change is Change.ADDED:
            gap.append(("", piece.text))
        elif gap and piece.text.isspace() and at + 1 < len(pieces):
            gap.append((piece.text, piece.text))
        else:
            close()
            joined.append(piece)
    close()
    return joined


def _shortened(piece: Piece, is_first: bool, is_last: bool) -> Piece:
    """Of long text that stayed only the ends beside changes are shown, of what came or went the beginning."""
    if piece.change is not Change.SAME:
        left_out = max(0, len(piece.text) - CHANGED_SHOWN_CHARACTERS)
        return Piece(piece.change, piece.text[:CHANGED_SHOWN_CHARACTERS], left_out) if left_out else piece
    if len(piece.text) <= 2 * SAME_SHOWN_CHARACTERS:
        return piece
    start = "" if is_first else piece.text[:SAME_SHOWN_CHARACTERS]
    end = "" if is_last else piece.text[-SAME_SHOWN_CHARACTERS:]
    left_out = len(piece.text) - len(start) - len(end)
    return Piece(Change.SAME, f"{start} … {end}", left_out)
