"""Markdown of chat messages as HTML that cannot do harm: what people and models wrote is never trusted."""

from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_SCHEMES = {"http", "https", "mailto"}


def render(text: str) -> SafeString:
    """Returns `text` as HTML. Tags in it are shown, not obeyed; images become links, so that nothing is fetched."""
    # Everything that comes out was escaped by the renderer: "html" is off and link schemes are a closed list.
    return SafeString(_renderer.render(text))


def is_web_address(url: str) -> bool:
    """Returns whether `url` is absolute, and of a scheme that a link may have."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def _link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    position: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    token = tokens[position]
    token.attrSet("target", "_blank")
    token.attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, position, options, env)


def _image(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    position: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    token = tokens[position]
    source = escape(str(token.attrs.get("src", "")))
    name = escape(token.content or "image")
    return f'<a href="{source}" target="_blank" rel="noopener noreferrer nofollow">Image: {name}</a>'


def _make_renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    made.validateLink = is_web_address  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link_open)
    made.add_render_rule("image", _image)
    return made


_renderer = _make_renderer()
