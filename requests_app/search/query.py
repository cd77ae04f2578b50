"""What a search asks for: phrases of one word or more, each of which must occur."""

from collections.abc import Iterable
from typing import NamedTuple

from ingest_app.search.words import labels_of, wanted_terms
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.tree import And, BodyPart, Node, Not, Or, Text, conjunction, top_parts


class Phrase(NamedTuple):
    """Labels (ingest_app.search.words) that stand one after the other, in the request, the answer or either.

    The index has all `terms` for every request in which they do.
    """

    labels: tuple[str, ...]
    terms: frozenset[str]
    field: BodyPart


def phrases_of(node: Text) -> list[Phrase]:
    """Returns what must occur. Raises FilterError when there is no word in `node`.

    A word of several pieces, such as `gpt-4o`, is a phrase of them.
    """
    pieces = [node.text] if node.is_phrase else node.text.split()
    phrases = [
        Phrase(labels, wanted_terms(piece), node.field)
        for piece in pieces
        if (labels := _whole_labels(piece))
    ]
    if not phrases:
        raise FilterError(f"There is no word to search for in {node.text!r}.")
    return phrases


def split(node: Node) -> tuple[list[Text], Node]:
    """Returns the searches that must hold together with all the rest, and the rest."""
    parts = top_parts(node)
    texts = [part for part in parts if isinstance(part, Text)]
    return texts, conjunction(part for part in parts if not isinstance(part, Text))


def has_search(node: Node) -> bool:
    """Returns whether the filter searches bodies anywhere."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Text):
            return True
        if isinstance(part, And | Or):
            waiting.extend(part.parts)
        elif isinstance(part, Not):
            waiting.append(part.part)
    return False


def searched_texts(node: Node) -> list[Text]:
    """Returns all searches of a filter whose hits are worth showing: those that are not negated."""
    found: list[Text] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Text):
            found.append(part)
        elif isinstance(part, And | Or):
            waiting.extend(part.parts)
        elif isinstance(part, Not) and isinstance(part.part, Not):
            waiting.append(part.part.part)
    return found


def all_phrases(nodes: Iterable[Text]) -> list[Phrase]:
    """Returns the phrases of all `nodes`. Raises FilterError."""
    return [phrase for node in nodes for phrase in phrases_of(node)]


def _whole_labels(text: str) -> tuple[str, ...]:
    labels = []
    atom = 0
    for label in labels_of(text):
        if label.atom == atom:  # the parts of an identifier come behind it
            labels.append(label.text)
            atom = label.next_atom
    return tuple(labels)
