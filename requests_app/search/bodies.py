"""The bodies of candidates: whether a search is really in them, and where."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.search.texts import Message, answer_texts, messages_of
from requests_app.filter_language.tree import Text
from requests_app.search.query import Phrase, all_phrases
from requests_app.search.snippets import Snippet, snippet_of
from requests_app.search.spans import occurrences

_READ_AT_ONCE = 50


class SearchedBodies:
    """The texts of one request, those that are new with it first: the answer, the question, the newest messages."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    def have(self, phrases: Iterable[Phrase]) -> bool:
        """Returns whether every phrase occurs."""
        return all(any(_has(text, phrase) for text in self._texts(phrase.field)) for phrase in phrases)

    def snippet(self, phrases: Sequence[Phrase]) -> Snippet | None:
        """Returns the surroundings of the first hit."""
        for field in dict.fromkeys(phrase.field for phrase in phrases):
            labels = [phrase.labels for phrase in phrases if phrase.field == field]
            for text in self._texts(field):
                if (found := snippet_of(text, labels)) is not None:
                    return found
        return None

    @cached_property
    def _asked(self) -> list[Message]:
        newest_first = messages_of(self._bodies.request)[::-1]
        return sorted(newest_first, key=lambda message: not message.is_question)

    @cached_property
    def _answered(self) -> list[str]:
        return answer_texts(self._bodies.response)

    def _texts(self, field: str) -> Iterator[str]:
        asked = chain.from_iterable(message.texts for message in self._asked)
        match field:
            case "request":
                return asked
            case "response":
                return iter(self._answered)
        return chain(self._answered, asked)


def matching_keys(nodes: Sequence[Text], keys: Sequence[BodyKey]) -> list[BodyKey]:
    """Returns those of `keys` in whose bodies all of `nodes` occur. Raises FilterError."""
    phrases = all_phrases(nodes)
    return [
        key
        for start in range(0, len(keys), _READ_AT_ONCE)
        for key, bodies in body_store().get_many(keys[start : start + _READ_AT_ONCE])
        if SearchedBodies(bodies).have(phrases)
    ]


def _has(text: str, phrase: Phrase) -> bool:
    return any(True for _ in occurrences(text, phrase.labels))
