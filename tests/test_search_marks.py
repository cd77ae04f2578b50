"""Hits as pages show them, whatever the text is."""

import pytest
from django.template import Context, Template

from requests_app.filter_language.text import parse
from requests_app.search import highlights, searched_texts

PAGE = Template("{% load search_marks %}{{ text|marking:searches }}")


def shown(text: str, query: str) -> str:
    return PAGE.render(Context({"text": text, "searches": searched_texts(parse(query))}))


@pytest.mark.parametrize(
    ("text", "query", "html"),
    [
        ("a Walrus sings", "walrus", "a <mark>Walrus</mark> sings"),
        ("Müller, Mu\u0308ller", "müller", "<mark>Müller</mark>, <mark>Mu\u0308ller</mark>"),
        ("getUserName", "user", "get<mark>User</mark>Name"),
        ("a red  car, red", '"red car"', "a <mark>red  car</mark>, red"),
        ("训练数据的训练", "训练", "<mark>训练</mark>数据的<mark>训练</mark>"),
        ("red car", 'red "red car" model:gpt-4o', "<mark>red car</mark>"),
        ("<b>red</b> & blue", "red", "&lt;b&gt;<mark>red</mark>&lt;/b&gt; &amp; blue"),
        ("red and blue", "blue OR -red", "red and <mark>blue</mark>"),
        ("nothing", "red", "nothing"),
        ("", "red", ""),
    ],
)
def test_hits_are_marked_and_all_text_is_escaped(text: str, query: str, html: str) -> None:
    assert shown(text, query) == html


@pytest.mark.parametrize("at", [0, 1, 15_990, 16_000, 31_000, 200_000])
def test_hits_are_found_anywhere_in_a_long_text(at: int) -> None:
    filler = "word " * 60_000
    text = f"{filler[:at]} the red car {filler[at:]}"
    (span,) = highlights(text, searched_texts(parse('"red car"')))
    assert text[slice(*span)] == "red car"


def test_a_long_text_without_spaces_is_looked_at_too() -> None:
    text = "字" * 50_000 + "红车" + "字" * 50_000
    assert highlights(text, searched_texts(parse("红车"))) == [(50_000, 50_002)]
