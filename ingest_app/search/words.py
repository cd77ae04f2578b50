"""Words as people search for them, in any script.

A text is a row of atoms: a word, a part of an identifier (`get`, `User` and `Name` of `getUserName`), or one
character of a script that is written without spaces. A label is what can be searched for: an atom, or several, as
the whole identifier. Terms are what the index holds: the labels, and of scripts without spaces each two neighbours,
too, since single characters would find almost everything.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

MAX_TERM_CHARACTERS = 64  # of a longer word the index holds so many of the first


class Label(NamedTuple):
    """Something that can be searched for: folded, where it is in the row of atoms, and where in the text."""

    text: str
    atom: int
    next_atom: int
    start: int
    end: int


class Unit(NamedTuple):
    """A folded word with the parts it can be divided into (none when it is of one piece), or one character."""

    text: str
    parts: tuple[str, ...] = ()
    is_unspaced: bool = False


def _class(points: Iterable[int]) -> str:
    """Returns ascending code points as ranges for the [ ] of a regular expression."""
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _of_category(*categories: str) -> str:
    # Python's \w knows neither marks nor symbols. Beyond these planes there are none but variation selectors.
    return _class(point for point in range(0xA0, 0x20000) if unicodedata.category(chr(point)) in categories)


_MARKS = _of_category("Mn", "Mc", "Me")
_SYMBOLS = _of_category("So")  # emoji, among others
# Soft hyphen, word joiner, and the joiners of Persian and Indic scripts: inside of words, and typed by few.
_JOINERS = "\u00ad\u200c\u200d\u2060"
# Thai, Lao, Burmese, Khmer; kana and Han; Hangul, since Korean particles hang on their word.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u1000-\u103f\u104e-\u109f\u1780-\u17d3\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u1100-\u11ff\u3131-\u318e\uac00-\ud7af"
)
_ASCII_RUNS = re.compile(r"[A-Za-z0-9_]+")
_RUNS = re.compile(
    f"(?P<unspaced>[{_UNSPACED}][{_UNSPACED}{_MARKS}{_JOINERS}]*)"
    f"|[{_SYMBOLS}]"
    f"|[^\\W{_UNSPACED}](?:[^\\W{_UNSPACED}]|[{_MARKS}{_JOINERS}])*"
)
# A character with what composes with it: marks, the sound marks of half-width kana, the rest of a Hangul syllable.
_CLUSTERS = re.compile(f".[{_MARKS}{_JOINERS}\uff9e\uff9f\u1160-\u11ff]*", re.DOTALL)
# What one may leave out: vowels in Arabic and Hebrew, the line that stretches Arabic words, and what is invisible.
_DROPPED = re.compile(
    f"[{_JOINERS}\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5"
    "\u05c7\ufe00-\ufe0f]"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{256,}")
_PARTS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[^A-Z_]+")


def runs_of(text: str) -> set[str]:
    """Returns the different runs of letters, digits and marks in `text`, as they are written; none of base64."""
    found = _runs_of(text)
    if max(map(len, found), default=0) > MAX_TERM_CHARACTERS:
        return _runs_of(_BASE64.sub(" ", text))
    return found


def _runs_of(text: str) -> set[str]:
    if text.isascii():
        return set(_ASCII_RUNS.findall(text))
    return {match[0] for match in _RUNS.finditer(text)}


def terms_of(run: str) -> list[str]:
    """Returns what the index holds of one of `runs_of`."""
    units = _units(run)
    terms = [unit.text[:MAX_TERM_CHARACTERS] for unit in units]
    terms += [part[:MAX_TERM_CHARACTERS] for unit in units for part in unit.parts]
    terms += [a.text + b.text for a, b in itertools.pairwise(units) if a.is_unspaced and b.is_unspaced]
    return terms


def wanted_terms(text: str) -> frozenset[str]:
    """Returns as few terms as will do of those that the index has wherever `text` occurs."""
    terms: set[str] = set()
    for run in _RUNS.finditer(text):
        units = _units(run[0])
        pairs = {a.text + b.text for a, b in itertools.pairwise(units) if a.is_unspaced and b.is_unspaced}
        terms |= pairs
        terms |= {unit.text[:MAX_TERM_CHARACTERS] for unit in units if not (pairs and unit.is_unspaced)}
    return frozenset(terms)


def labels_of(text: str, wanted: Set[str] | None = None) -> Iterator[Label]:
    """Yields the labels of `text`, or those that are in `wanted`, from left to right, a whole word before its parts."""
    atom = 0
    for run in (_ASCII_RUNS if text.isascii() else _RUNS).finditer(text):
        start, end = run.span()
        if run.lastgroup == "unspaced":
            for character, first, last in _characters(run[0], start):
                if wanted is None or character in wanted:
                    yield Label(character, atom, atom + 1, first, last)
                atom += 1
            continue
        for unit in _units(run[0]):
            next_atom = atom + (len(unit.parts) or 1)
            if wanted is None or unit.text in wanted:
                yield Label(unit.text, atom, next_atom, start, end)
            if unit.parts and (wanted is None or not wanted.isdisjoint(unit.parts)):
                for label in _part_labels(text, unit.parts, atom, start, end):
                    if wanted is None or label.text in wanted:
                        yield label
            atom = next_atom


def folded(text: str) -> str:
    """Returns `text` as labels are compared: without case, forms of the same letter and optional vowels."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _composed(text).casefold())


def _units(run: str) -> Sequence[Unit]:
    # The same few thousand words come again and again. Long runs do not, and would fill the memory.
    return _short_units(run) if len(run) <= MAX_TERM_CHARACTERS else _divided(run)


@lru_cache(maxsize=20_000)
def _short_units(run: str) -> Sequence[Unit]:
    return _divided(run)


def _divided(run: str) -> Sequence[Unit]:
    if run.isascii():
        return [Unit(run.lower(), _parts(run))]
    units: list[Unit] = []
    # One letter may stand for others, such as ㎏ and ㍿, and ½ for two numbers.
    for match in _RUNS.finditer(_composed(run)):
        if match["unspaced"]:
            units.extend(Unit(character, is_unspaced=True) for character in folded(match[0]))
        else:
            units.append(Unit(folded(match[0]), _parts(match[0])))
    return units


def _parts(word: str) -> tuple[str, ...]:
    if "_" not in word and (word.islower() or word.isupper() or word.istitle()):
        return ()
    parts = tuple(folded(part) for part in _PARTS.findall(word))
    return parts if parts != (folded(word),) else ()


def _composed(text: str) -> str:
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text))


def _characters(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yields the folded characters of a run without spaces, with where they are in the text that has it at `start`."""
    plain = folded(run)
    if len(plain) == len(run):
        yield from zip(plain, itertools.count(start), itertools.count(start + 1))
        return
    for cluster in _CLUSTERS.finditer(run):
        for unit in _units(cluster[0]):
            yield unit.text, start + cluster.start(), start + cluster.end()


def _part_labels(text: str, parts: Sequence[str], atom: int, start: int, end: int) -> Iterator[Label]:
    """Yields the parts of a word where they are, or all where it is, when folding may have changed their lengths."""
    word = text[start:end].lower() if text[start:end].isascii() else ""
    position = 0
    for number, part in enumerate(parts, atom):
        found = word.find(part, position)
        if found >= 0:
            position = found + len(part)
            yield Label(part, number, number + 1, start + found, start + position)
        else:
            yield Label(part, number, number + 1, start, end)
