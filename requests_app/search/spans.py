"""Where phrases occur in a text."""

from collections.abc import Iterable, Iterator, Sequence

from ingest_app.search.words import folded, labels_of
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.tree import Text
from requests_app.search.query import all_phrases

Span = tuple[int, int]

# Long texts are looked at in windows, since taking one apart costs a hundred times what it costs to see that it holds
# nothing. A phrase is no longer than the overlap (values.MAX_VALUE_CHARACTERS).
WINDOW = 16_000
OVERLAP = 2_500


def highlights(text: str, nodes: Iterable[Text]) -> list[Span]:
    """Returns (start, end) of what in `text` the searches found, in order and apart."""
    try:
        phrases = all_phrases(nodes)
    except FilterError:
        return []
    return spans_of(text, [phrase.labels for phrase in phrases])


def spans_of(text: str, phrases: Iterable[Sequence[str]]) -> list[Span]:
    """Returns (start, end) of all occurrences of any of `phrases`, rows of labels, in order and apart."""
    found = sorted(span for labels in phrases for span in occurrences(text, labels))
    apart: list[Span] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def occurrences(text: str, labels: Sequence[str]) -> Iterator[Span]:
    """Yields (start, end) of the places where `labels` stand one after the other."""
    wanted = set(labels)
    for offset, window in _windows(text):
        plain = folded(window)
        if not all(label in plain for label in wanted):
            continue
        present = {(label.text, label.atom): label for label in labels_of(window, wanted)}
        for first in present.values():
            if first.text != labels[0]:
                continue
            last = first
            for text_of_next in labels[1:]:
                following = present.get((text_of_next, last.next_atom))
                if following is None:
                    break
                last = following
            else:
                yield offset + first.start, offset + last.end


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Yields parts of `text` that overlap, each with its offset; cut at white space if there is any."""
    start = 0
    while start + WINDOW < len(text):
        end = _space_before(text, start + WINDOW)
        yield start, text[start:end]
        start = _space_before(text, end - OVERLAP)
    yield start, text[start:]


def _space_before(text: str, position: int) -> int:
    for candidate in range(position, position - OVERLAP // 2, -1):
        if text[candidate].isspace():
            return candidate
    return position
