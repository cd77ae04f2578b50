"""The cells of a row of the list of sessions, as HTML: a page has six hundred of them, too many for templates."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from helicone_site import formats
from helicone_site.templatetags.formats import ago, moment
from requests_app.cells import badge_status
from sessions_app.models import Session

_NONE = f'<span class="dim">{formats.NOTHING}</span>'


def cells(session: Session, address: str) -> SafeString:
    """Returns the `<td>` of `session` for each column of `columns.SESSIONS`. The first one leads to `address`."""
    link = f'<a class="row-link" id="open-{session.key}" href="{escape(address)}">'
    said = f'<span class="visually-hidden"> {escape(session.name or session.session_id)}</span>'
    parts = [f'<td class="dim">{link}{moment(session.first_at)}{said}</a></td>']
    parts += [make(session) for make in _CELLS]
    return mark_safe("".join(parts))  # noqa: S308  (of pieces that are escaped)


def first_and_more(values: list[str]) -> str:
    """Returns the first of `values` and how many more there are: `gpt-4o +2`; `–` for none."""
    if not values:
        return formats.NOTHING
    return f"{values[0]} +{len(values) - 1}" if len(values) > 1 else values[0]


def _name(session: Session) -> str:
    name = escape(session.name)
    said = f'<span class="session-name-text">{name}</span>' if name else _NONE
    if session.tag:
        tag = escape(session.tag)
        said += f'<span class="badge badge-accent" title="Tag: {tag}"><span class="badge-text">{tag}</span></span>'
    if session.feedback is not None:
        said += _thumb(bool(session.feedback))
    return f'<td class="session-name" title="{name}"><span class="session-said">{said}</span></td>'


def _thumb(is_up: bool) -> str:
    word, icon = ("good", "thumb_up") if is_up else ("bad", "thumb_down")
    mark = render_to_string(f"icons/{icon}.svg")
    return (
        f'<span class="thumb-{word}" title="Somebody found it {word}">{mark}'
        f'<span class="visually-hidden">{word.capitalize()}</span></span>'
    )


def _id(session: Session) -> str:
    id = escape(session.session_id)
    return f'<td class="mono session-id" title="{id}">{id}</td>'


def _status(session: Session) -> str:
    return f"<td>{badge_status(session.last_status)}</td>"


def _duration(session: Session) -> str:
    return _number(formats.duration(session.duration_ms), f"{formats.count(session.duration_ms)} ms")


def _requests(session: Session) -> str:
    calls = session.model_calls
    return _number(
        formats.count(session.requests), f"{formats.count(calls)} call{'' if calls == 1 else 's'} of models"
    )


def _errors(session: Session) -> str:
    number = formats.count(session.errors)
    return (
        f'<td class="num"><span class="{"badge badge-bad" if session.errors else "dim"}">{number}</span></td>'
    )


def _cost(session: Session) -> str:
    cost, unpriced = session.known_cost, session.unpriced
    is_part = bool(unpriced) and cost is not None
    more = (
        f", and {formats.count(unpriced)} step{'' if unpriced == 1 else 's'} of unknown price"
        if is_part
        else ""
    )
    return _number(formats.money(cost) + ("+" if is_part else ""), formats.money_exact(cost) + more)


def _tokens(session: Session) -> str:
    sent, answered = formats.count(session.prompt_tokens), formats.count(session.completion_tokens)
    return _number(formats.count_short(session.tokens), f"{sent} in, {answered} out")


def _models(session: Session) -> str:
    return _list("session-models", session.models)


def _users(session: Session) -> str:
    return _list("mono session-users", session.user_ids)


def _active(session: Session) -> str:
    return f'<td class="dim">{ago(session.last_at)}</td>'


def _number(shown: str, exact: str) -> str:
    return f'<td class="num" title="{escape(exact)}">{escape(shown)}</td>'


def _list(css: str, values: list[str]) -> str:
    return f'<td class="{css}" title="{escape(", ".join(values))}">{escape(first_and_more(values))}</td>'


# In the order of `columns.SESSIONS`, after the first.
_CELLS: tuple[Callable[[Session], str], ...] = (
    _name, _id, _status, _duration, _requests, _errors, _cost, _tokens, _models, _users, _active,
)  # fmt: skip
