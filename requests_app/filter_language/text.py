"""The text form of a filter, as people type it: `model:gpt-4o* cost>0.01 -status:200 "exact phrase"`.

    filter    = all ("OR" all)*
    all       = one ("AND"? one)*
    one       = ("-" | "NOT ") one | "(" filter? ")" | condition
    condition = name operator value | "is:" flag | "has:" name | word | '"phrase"' | "request:" one
    operator  = ":" | "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "~~"

A value ends at white space or a bracket; quotes around it, or around a part of it, keep those, and a backslash the
next character. A `*` outside quotes stands for any text. What follows `request:` in a filter of sessions is said of one
of their requests; in a filter of requests it is a word of the request's body.
"""

import re

from requests_app.filter_language.conditions import BODY_PARTS, condition, text_condition
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filter_language.tree import (
    EVERYTHING,
    MAX_DEPTH,
    AnyRequest,
    Comparison,
    Node,
    Operator,
    check_size,
    conjunction,
    disjunction,
    negation,
    too_deep,
)
from requests_app.filter_language.values import escaped

MAX_CHARACTERS = 10_000
_OPERATOR = re.compile(r":?(>=|<=|>|<)|:|=|!=|~~|~")
_SIZES = {
    ">": Operator.GREATER,
    ">=": Operator.GREATER_OR_EQUAL,
    "<": Operator.LESS,
    "<=": Operator.LESS_OR_EQUAL,
}
_IS_STATUS = ("cancelled", "error", "success")

Piece = tuple[str, bool]  # a character, and whether it stands for itself whatever it is


def parse(text: str, vocabulary: Vocabulary = REQUESTS) -> Node:
    """Returns the tree of a filter in its text form; of nothing, every row. Raises FilterError."""
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"The filter is longer than {MAX_CHARACTERS} characters.")
    reader = _Reader(text, vocabulary)
    node = reader.alternatives(depth=0)
    if not reader.is_at_end():
        raise FilterError("This bracket closes nothing.", position=reader.position, offending=")")
    check_size(node)
    return node


class _Reader:
    """Reads the text from left to right."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.position = 0

    def is_at_end(self) -> bool:
        self._skip_space()
        return self.position == len(self.text)

    def alternatives(self, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise too_deep()
        found = [self._all(depth)]
        while (start := self._keyword("OR")) is not None:
            if found[-1] == EVERYTHING or self._is_before(")"):
                raise FilterError("OR stands between two conditions.", position=start, offending="OR")
            found.append(self._all(depth))
            if found[-1] == EVERYTHING:
                raise FilterError("OR stands between two conditions.", position=start, offending="OR")
        return disjunction(found)

    def _all(self, depth: int) -> Node:
        found: list[Node] = []
        while True:
            start = self._keyword("AND")
            if start is not None and (not found or self._is_before(")")):
                raise FilterError("AND stands between two conditions.", position=start, offending="AND")
            if self._is_before(")") or self._is_keyword("OR"):
                return conjunction(found)
            found.append(self._one(depth))

    def _one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise too_deep()
        start = self.position
        if self._keyword("NOT") is not None or self._take("-"):
            if self.is_at_end() or self.text[self.position] == ")":
                raise FilterError(
                    "There is nothing here to negate.", position=start, offending=self.text[start]
                )
            return negation(self._one(depth + 1))
        if self._take("("):
            node = self.alternatives(depth=depth + 1)
            if not self._take(")"):
                raise FilterError("This bracket is not closed.", position=start, offending="(")
            return node
        if self.vocabulary.of_requests is not None and self._keyword_before_colon("request"):
            return self._any_request(self.vocabulary.of_requests, start, depth)
        try:
            return self._condition()
        except FilterError as error:
            if error.position is not None:
                raise
            raise error.at(position=start, offending=self.text[start : self.position]) from error

    def _any_request(self, of_requests: Vocabulary, start: int, depth: int) -> Node:
        if self.is_at_end() or self.text[self.position] == ")":
            raise FilterError("What the request is like is missing.", position=start, offending="request:")
        outside, self.vocabulary = self.vocabulary, of_requests
        node = AnyRequest(self._one(depth + 1))
        self.vocabulary = outside
        return node

    def _condition(self) -> Node:
        start = self.position
        name = self._pieces(stop_at_operator=True)
        operator = _OPERATOR.match(self.text, self.position)
        if operator is None:
            return self._words(start, name)
        self.position = operator.end()
        value_start = self.position
        value = self._pieces(stop_at_operator=False)
        if self.position == value_start:
            raise FilterError("The value is missing.")
        if not name:
            raise FilterError("The name before the operator is missing.")
        is_quoted = self.text[value_start] == '"'
        sign = operator.group().removeprefix(":") or ":"
        return _compared(_plain(name), sign, value, is_quoted=is_quoted, vocabulary=self.vocabulary)

    def _words(self, start: int, pieces: list[Piece]) -> Node:
        return text_condition(_search_text(pieces), is_phrase=self.text[start] == '"', field="any")

    def _pieces(self, *, stop_at_operator: bool) -> list[Piece]:
        """Reads to white space, a bracket, or perhaps an operator."""
        found: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == '"':
                found += self._quoted()
                continue
            if character.isspace() or character in "()":
                break
            if stop_at_operator and _OPERATOR.match(self.text, self.position):
                break
            self.position += 1
            if character == "\\":
                found.append((self._escaped(), True))
            else:
                found.append((character, False))
        return found

    def _quoted(self) -> list[Piece]:
        start = self.position
        self.position += 1
        found: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            self.position += 1
            if character == '"':
                return found
            found.append((self._escaped() if character == "\\" else character, True))
        raise FilterError("This quote is not closed.", position=start, offending=self.text[start:])

    def _escaped(self) -> str:
        if self.position == len(self.text):
            raise FilterError("Nothing follows the backslash.", position=self.position - 1, offending="\\")
        self.position += 1
        return self.text[self.position - 1]

    def _skip_space(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def _is_before(self, end: str) -> bool:
        return self.is_at_end() or self.text[self.position] == end

    def _is_keyword(self, word: str) -> bool:
        self._skip_space()
        end = self.position + len(word)
        follows = self.text[end : end + 1]
        return self.text.startswith(word, self.position) and (
            not follows or follows.isspace() or follows in "()"
        )

    def _keyword(self, word: str) -> int | None:
        """Takes `word`. Returns where it stood, or None when it is not next."""
        if not self._is_keyword(word):
            return None
        self.position += len(word)
        return self.position - len(word)

    def _keyword_before_colon(self, word: str) -> bool:
        """Takes `word` and the colon behind it. Returns whether they are next."""
        end = self.position + len(word) + 1
        taken = self.text[self.position : end].lower() == f"{word}:"
        self.position = end if taken else self.position
        return taken

    def _take(self, character: str) -> bool:
        self._skip_space()
        taken = self.text.startswith(character, self.position)
        self.position += taken
        return taken


def _compared(name: str, sign: str, value: list[Piece], *, is_quoted: bool, vocabulary: Vocabulary) -> Node:
    """Returns the condition. Raises FilterError."""
    lower = name.lower()
    if sign == "!=":
        return negation(_compared(name, "=", value, is_quoted=is_quoted, vocabulary=vocabulary))
    has_bodies = vocabulary.of_requests is None
    if lower in {*BODY_PARTS, "is", "has", "after", "before"} and sign not in ":=":
        raise FilterError(f"After {lower} comes a colon.")
    if has_bodies and lower in BODY_PARTS:
        return text_condition(_search_text(value), is_phrase=is_quoted, field=BODY_PARTS[lower])
    if lower == "is":
        return _is(_plain(value), vocabulary)
    if lower == "has":
        return condition(_plain(value), Operator.EXISTS, None, vocabulary=vocabulary)
    if lower in {"after", "before"}:
        operator = Operator.GREATER_OR_EQUAL if lower == "after" else Operator.LESS
        return condition("time", operator, _plain(value), vocabulary=vocabulary)
    if sign in {"~", "~~"}:
        operator = Operator.LIKE if sign == "~" else Operator.ILIKE
        return condition(name, operator, _plain(value), vocabulary=vocabulary)
    if sign in _SIZES:
        return condition(name, _SIZES[sign], _plain(value), vocabulary=vocabulary)
    return condition(name, *_with_wildcards(value), vocabulary=vocabulary)


def _is(word: str, vocabulary: Vocabulary) -> Node:
    lower = word.lower()
    if lower in _IS_STATUS:
        return Comparison("status", Operator.EQUALS, lower)
    if lower not in vocabulary.flag_names:
        known = ", ".join([*_IS_STATUS, *vocabulary.flag_names])
        raise FilterError(f"A {vocabulary.row} is one of {known}, but not {word!r}.")
    return condition(lower, Operator.EQUALS, "true", vocabulary=vocabulary)


def _with_wildcards(pieces: list[Piece]) -> tuple[Operator, str | None]:
    stars = [at for at, piece in enumerate(pieces) if piece == ("*", False)]
    plain = _plain(pieces)
    if not stars:
        return Operator.EQUALS, plain
    if len(stars) == len(pieces):
        return Operator.EXISTS, None
    if stars == [len(pieces) - 1]:
        return Operator.PREFIX, plain[:-1]
    if stars == [0, len(pieces) - 1]:
        return Operator.CONTAINS, plain[1:-1]
    return Operator.LIKE, "".join("%" if piece == ("*", False) else escaped(piece[0]) for piece in pieces)


def _search_text(pieces: list[Piece]) -> str:
    if ("*", False) in pieces:
        raise FilterError("The search finds whole words; a * inside of them needs quotes.")
    return _plain(pieces)


def _plain(pieces: list[Piece]) -> str:
    return "".join(character for character, _ in pieces)
