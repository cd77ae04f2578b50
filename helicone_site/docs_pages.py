"""The documentation over HTTP, as Markdown: each page where it lies in the project, and `llms.txt`, which lists them.

Addresses mirror the folders, so the links in the pages lead to each other here as they do there.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

_README = "README.md"
_ROOT_FILES = (_README, "CHANGELOG.md", "LICENSE")
_CONTENT_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    "": "text/plain; charset=utf-8",
}
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SENTENCE = re.compile(r".+?\.(?=\s|$)")


class DocsPage(NamedTuple):
    """A page. `path` is that in the project and in the address, `lead` its first paragraph as a line of plain text."""

    path: str
    title: str
    lead: str
    text: str

    @property
    def first_sentence(self) -> str:
        """Returns what the page is about."""
        found = _SENTENCE.match(self.lead)
        return found[0] if found else self.lead


@login_not_required
@require_safe
def llms_txt(request: HttpRequest) -> HttpResponse:
    """What there is to read, as llmstxt.org asks for it."""
    readme = page(_README)
    lines = [f"# {readme.title}", "", f"> {readme.lead}", "", "## Docs", ""]
    lines += [
        f"- [{one.title}]({_address(request, one)}): {one.first_sentence}"
        for one in pages()
        if one is not readme
    ]
    schema = request.build_absolute_uri(reverse("api-schema"))
    full = request.build_absolute_uri(reverse("llms-full-txt"))
    lines += [
        "",
        "## API",
        "",
        f"- [OpenAPI schema]({schema}): All routes of REST, their parameters and answers.",
    ]
    lines += ["", "## Optional", "", f"- [All of it]({full}): Every page in one file."]
    return _plain("\n".join(lines) + "\n")


@login_not_required
@require_safe
def llms_full_txt(request: HttpRequest) -> HttpResponse:
    """Every page, one after the other, each below its address."""
    return _plain(
        "\n\n".join(f"<!-- {_address(request, one)} -->\n\n{one.text.strip()}" for one in pages()) + "\n"
    )


@login_not_required
@require_safe
def document(request: HttpRequest, path: str) -> HttpResponse:
    """A page, or a picture in one, as the file is."""
    file = _files().get(path)
    if file is None:
        raise Http404
    return HttpResponse(file.read_bytes(), content_type=_CONTENT_TYPES[file.suffix])


@cache
def pages() -> list[DocsPage]:
    """Returns the README, then the pages in `docs` by name."""
    return [_read(path, file) for path, file in _files().items() if path == _README or _is_page(path)]


def page(path: str) -> DocsPage:
    """Returns the page at `path`, such as `docs/filters.md`. Raises KeyError."""
    return {one.path: one for one in pages()}[path]


@cache
def _files() -> dict[str, Path]:
    """Returns all that may be read, by path: what a request names is looked up here, and never opened by its name."""
    root = settings.BASE_DIR
    found = [*(root / name for name in _ROOT_FILES), *sorted(root.glob("docs/*.md"))]
    found += sorted(root.glob("docs/images/*.png"))
    return {file.relative_to(root).as_posix(): file for file in found}


def _is_page(path: str) -> bool:
    return path.startswith("docs/") and path.endswith(".md")


def _read(path: str, file: Path) -> DocsPage:
    text = file.read_text()
    title, _, rest = text.partition("\n")
    lead = " ".join(rest.strip().partition("\n\n")[0].split()).replace("**", "")
    return DocsPage(path, title.removeprefix("# "), _LINK.sub(r"\1", lead), text)


def _address(request: HttpRequest, one: DocsPage) -> str:
    return request.build_absolute_uri(reverse("document", kwargs={"path": one.path}))


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
