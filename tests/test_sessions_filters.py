"""The filter language of sessions: what is printed is read as the same filter again."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import Kind
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import (
    AnyRequest,
    Comparison,
    Node,
    Operator,
    Property,
    Text,
    check_size,
    conjunction,
    disjunction,
    negation,
)
from sessions_app.filters import SESSIONS
from sessions_app.session_ids import SessionIdConverter

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
_of_session = st.one_of(
    st.builds(
        Comparison, st.sampled_from(["name", "id", "user", "model", "tag"]), st.just(Operator.EQUALS), _texts
    ),
    st.builds(Comparison, st.sampled_from(["name", "user"]), st.just(Operator.CONTAINS), _texts),
    st.builds(
        Comparison,
        st.sampled_from([field.name for field in SESSIONS.fields.values() if field.kind is Kind.NUMBER]),
        st.sampled_from([Operator.GREATER, Operator.LESS_OR_EQUAL, Operator.EQUALS]),
        st.integers(0, 10**6).map(Decimal),
    ),
    st.builds(Text, _texts.filter(str.strip), st.just(True), st.just("any")),
)
_of_request = st.one_of(
    st.builds(Comparison, st.sampled_from(["model", "session_path"]), st.just(Operator.EQUALS), _texts),
    st.builds(Property, _texts, st.just(Operator.EQUALS), _texts),
    st.builds(Text, _texts.filter(str.strip), st.just(True), st.sampled_from(["any", "request", "response"])),
)


def _together(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(some.map(conjunction), some.map(disjunction), parts.map(negation))


_requests = st.recursive(_of_request, _together, max_leaves=5)
_sessions = st.recursive(st.one_of(_of_session, _requests.map(AnyRequest)), _together, max_leaves=8)


@given(_sessions)
def test_a_printed_filter_is_read_as_itself(node: Node) -> None:
    check_size(node)
    assert parse(print_filter(node, SESSIONS), SESSIONS) == node


@given(st.text(st.sampled_from('request:()-"OR namecost>1*~ property.'), max_size=40))
def test_any_text_is_a_filter_or_is_refused_with_its_place(text: str) -> None:
    try:
        node = parse(text, SESSIONS)
    except FilterError as error:
        assert str(error)
    else:
        assert parse(print_filter(node, SESSIONS), SESSIONS) == node


def test_what_is_said_of_a_request_is_in_the_language_of_requests() -> None:
    node = parse("request:(status:429 latency>2s) cost>1", SESSIONS)
    assert print_filter(node, SESSIONS) == "request:(status:429 latency>2s) cost>1"
    # Of requests it is a word of the body.
    assert parse("request:status") == Text("status", False, "request")


@pytest.mark.parametrize(
    "text", ["latency>2s", "request:cost>>1", "request:duration>1s", "request:(", "request:)"]
)
def test_a_field_of_the_other_language_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text, SESSIONS)


@given(st.text(min_size=1, max_size=60))
def test_an_id_in_an_address_is_one_part_and_comes_back(session_id: str) -> None:
    converter = SessionIdConverter()
    part = converter.to_url(session_id)
    assert "/" not in part
    assert part.strip(".")
    assert converter.to_python(part) == session_id


@pytest.mark.parametrize("session_id", ["names", "compare", "~", "~~", "~S", ".", "..", "a/../b", "s/~D"])
def test_ids_that_look_like_something_else_come_back(session_id: str) -> None:
    converter = SessionIdConverter()
    assert converter.to_url(session_id) not in {"names", "compare", ".", ".."}
    assert converter.to_python(converter.to_url(session_id)) == session_id
