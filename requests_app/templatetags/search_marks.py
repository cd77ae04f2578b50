"""Template filters that show what a search found."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from requests_app.filter_language.tree import Text
from requests_app.search import highlights
from requests_app.search.snippets import Piece, pieces_of

register = template.Library()


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Returns the pieces of a snippet one after the other, hits in <mark>; all text escaped."""
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", text) if is_hit else text,) for text, is_hit in pieces)
    )


@register.filter
def marking(text: str, searches: Iterable[Text]) -> SafeString:
    """Returns `text`, escaped, with what the searches found in <mark>."""
    return marked(pieces_of(text, highlights(text, searches)))
