"""The documentation as Markdown, for people and for language models."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.live import Stack
from tests.raw_http import RawAnswer, send

PROJECT = Path(__file__).resolve().parent.parent
PAGES = [
    "README.md",
    "CHANGELOG.md",
    *sorted(f"docs/{file.name}" for file in (PROJECT / "docs").glob("*.md")),
]
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
LISTED = re.compile(r"- \[.+\]\((http.+)\): .+")


def get(url: str) -> RawAnswer:
    return send(url, method="GET", headers={})


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_there_as_it_lies_in_the_project(stack: Stack, path: str) -> None:
    answer = get(f"{stack.url}/{path}")
    assert (answer.status, answer.header("content-type")) == (200, "text/markdown; charset=utf-8")
    assert answer.body == (PROJECT / path).read_bytes()


def test_links_between_pages_lead_somewhere(stack: Stack) -> None:
    found = {
        urljoin(f"{stack.url}/{path}", link)
        for path in PAGES
        for link in LINK.findall((PROJECT / path).read_text())
    }
    inside = {url for url in found if url.startswith(stack.url)}
    assert len(inside) > 20
    assert dict.fromkeys(inside, 200) == {url: get(url).status for url in inside}


def test_llms_txt_lists_every_page_in_a_line(stack: Stack) -> None:
    answer = get(f"{stack.url}/llms.txt")
    assert (answer.status, answer.header("content-type")) == (200, "text/plain; charset=utf-8")
    lines = answer.body.decode().splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("> ")
    listed = [found[1] for line in lines if (found := LISTED.fullmatch(line))]
    assert {f"{stack.url}/{path}" for path in PAGES if path.startswith("docs/")} <= {*listed}
    assert len(listed) == sum(line.startswith("- ") for line in lines)
    assert {get(url).status for url in listed} == {200}


def test_llms_full_txt_has_every_page(stack: Stack) -> None:
    text = get(f"{stack.url}/llms-full.txt").body.decode()
    for path in PAGES:
        if path != "CHANGELOG.md":
            assert (PROJECT / path).read_text().strip() in text


@pytest.mark.parametrize(
    "path",
    ["docs/nothing.md", "docs/../manage.py", "docs/..%2Fmanage.py", "docs/images/", "docs/", "manage.py"],
)
def test_nothing_else_is_given(stack: Stack, path: str) -> None:
    assert get(f"{stack.url}/{path}").status == 404
