"""The cells of a row of the list, as HTML.

A page has some six hundred of them: as templates they took nine tenths of its time. Marks and badges are still those of
`parts/`, rendered once for each value.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from helicone_site import formats
from helicone_site.templatetags.formats import moment
from requests_app.columns import Column
from requests_app.queries import RequestRow

_SHOWN_PROPERTIES = 1


def cells(row: RequestRow, columns: Sequence[Column], address: str, organization: str) -> SafeString:
    """Returns the `<td>` of `row` for each of `columns`. What the first one says leads to `address`.

    `organization` is the slug of the row's.
    """
    first, *others = columns
    parts = [_cell(row, first, lambda content: _link(row, address, content))]
    parts += [_plain_cell(row, column, organization) for column in others]
    return mark_safe("".join(parts))  # noqa: S308  (of pieces that are escaped)


def running_cells(row: RequestRow, columns: Sequence[Column], organization: str) -> SafeString:
    """Returns the `<td>` of a request that still runs: it leads nowhere yet, and its latency is a clock that runs."""
    own = {
        "status": '<td><span class="badge badge-accent">Running</span></td>',
        "latency": f'<td class="num"><span data-runs-since="{row.created_at.isoformat()}"></span></td>',
        "cost": f'<td class="num">{formats.NOTHING}</td>',
    }
    parts = [own.get(column.name) or _plain_cell(row, column, organization) for column in columns]
    return mark_safe("".join(parts))  # noqa: S308  (of pieces that are escaped)


Wrap = Callable[[str], str]


def _unchanged(content: str) -> str:
    return content


def _plain_cell(row: RequestRow, column: Column, organization: str) -> str:
    return _session(row, organization) if column.name == "session" else _cell(row, column, _unchanged)


def _link(row: RequestRow, address: str, content: str) -> str:
    return (
        f'<a class="row-link" id="open-{row.id}" href="{address}" hx-get="{address}">'
        f"{content or formats.NOTHING}</a>"
    )


def _cell(row: RequestRow, column: Column, wrap: Wrap) -> str:
    make = _CELLS.get(column.name)
    if make is not None:
        return make(row, wrap)
    text = escape(column.read(row)) if column.read else ""
    css = "num" if column.is_number else "cell-text"
    return f'<td class="{css}" title="{text}">{wrap(text) or formats.NOTHING}</td>'


def _time(row: RequestRow, wrap: Wrap) -> str:
    return f'<td class="dim">{wrap(moment(row.created_at))}</td>'


def _status(row: RequestRow, wrap: Wrap) -> str:
    shown = badge_status(row.status) if wrap is _unchanged else wrap(str(row.status))
    return f"<td>{shown}</td>"


def _model(row: RequestRow, wrap: Wrap) -> str:
    name = escape((row.kind and row.span_name) or row.model)
    mark = _badge_kind(row.kind) if row.kind else _badge_provider(row.provider)
    return f'<td class="model" title="{name}">{mark}{wrap(name)}</td>'


def _request(row: RequestRow, wrap: Wrap) -> str:
    if row.snippet:
        pieces = (f"<mark>{escape(text)}</mark>" if is_hit else escape(text) for text, is_hit in row.snippet)
        said = "".join(pieces)
    elif row.preview:
        said = escape(row.preview)
    else:
        said = f'<span class="dim">{escape(row.error or formats.NOTHING)}</span>'
    return f'<td class="preview">{wrap(said)}</td>'


def _user(row: RequestRow, wrap: Wrap) -> str:
    name = escape(row.user_id)
    return f'<td class="mono user" title="{name}">{wrap(name) or formats.NOTHING}</td>'


def _session(row: RequestRow, organization: str) -> str:
    if not row.session_id:
        return f"<td>{formats.NOTHING}</td>"
    name = escape(row.session_id)
    address = reverse("sessions:detail", args=[organization, row.session_id])
    link = f'<a class="link" href="{escape(address)}" hx-boost="false">{name}</a>'
    return f'<td class="cell-text" title="{name}">{link}</td>'


def _tokens(row: RequestRow, wrap: Wrap) -> str:
    asked, answered = formats.count(row.prompt_tokens), formats.count(row.completion_tokens)
    return f'<td class="num">{wrap(asked)}</td><td class="num">{answered}</td>'


def _cost(row: RequestRow, wrap: Wrap) -> str:
    cost = row.cost_nanodollars
    is_unreported = cost is None and row.total_tokens is None
    title = "The provider reported no usage" if is_unreported else formats.money_exact(cost)
    return f'<td class="num" title="{escape(title)}">{wrap(escape(formats.money(cost)))}</td>'


def _latency(row: RequestRow, wrap: Wrap) -> str:
    shown = formats.duration(row.latency_ms)
    return f'<td class="num" title="{formats.count(row.latency_ms)} ms">{wrap(shown)}</td>'


def _first_token(row: RequestRow, wrap: Wrap) -> str:
    after_ms = row.time_to_first_token_ms
    title = "" if after_ms is None else f' title="{formats.count(after_ms)} ms"'
    return f'<td class="num dim"{title}>{wrap(formats.duration(after_ms))}</td>'


def _properties(row: RequestRow, wrap: Wrap) -> str:
    pairs = list(row.properties.items())
    badges = format_html_join(
        "",
        '<span class="badge" title="{}: {}"><span class="badge-text">{}</span></span> ',
        ((name, value, value) for name, value in pairs[:_SHOWN_PROPERTIES]),
    )
    if len(pairs) > _SHOWN_PROPERTIES:
        others = pairs[_SHOWN_PROPERTIES:]
        said = ", ".join(f"{name}: {value}" for name, value in others)
        badges += format_html('<span class="badge" title="{}">+{}</span>', said, len(others))
    opening = f"{wrap('Open')} " if wrap is not _unchanged else ""
    return f'<td class="properties">{opening}{badges}</td>'


_CELLS: dict[str, Callable[[RequestRow, Wrap], str]] = {
    "time": _time,
    "status": _status,
    "model": _model,
    "request": _request,
    "user": _user,
    "tokens": _tokens,
    "cost": _cost,
    "latency": _latency,
    "ttft": _first_token,
    "properties": _properties,
}


@lru_cache(maxsize=1000)
def badge_status(status: int) -> str:
    """Returns `parts/badge_status.html`."""
    return render_to_string("parts/badge_status.html", {"status": status}).strip()


@lru_cache(maxsize=1000)
def _badge_provider(provider: str) -> str:
    return render_to_string("parts/badge_provider.html", {"provider": provider}).strip()


@lru_cache(maxsize=100)
def _badge_kind(kind: str) -> str:
    return render_to_string("parts/badge_kind.html", {"kind": kind}).strip()
