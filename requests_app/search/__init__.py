"""Search of bodies: candidates by the index of words (`index`), verified on the bodies themselves (`bodies`).

What the index holds, and so what a search finds, is said in `ingest_app.search`.
"""

from requests_app.search.index import Candidates, candidates, matching, one_of
from requests_app.search.query import has_search, searched_texts, split
from requests_app.search.spans import Span, highlights

__all__ = [
    "Candidates",
    "Span",
    "candidates",
    "has_search",
    "highlights",
    "matching",
    "one_of",
    "searched_texts",
    "split",
]
