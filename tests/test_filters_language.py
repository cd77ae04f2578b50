"""The filter language itself: what can be written, how it is printed again, and what is said of mistakes."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import FIELDS, Kind
from requests_app.filter_language.helicone import parse_tree
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import (
    EVERYTHING,
    ORDER,
    PATTERNS,
    Comparison,
    Node,
    Operator,
    Property,
    Score,
    Text,
    conjunction,
    disjunction,
    negation,
)
from requests_app.filter_language.values import STATUS_CLASSES
from tests.fuzzing import fuzz


def is_(field: str, operator: Operator, value: Any) -> Comparison:
    return Comparison(field, operator, value)


EQUALS, GREATER, PREFIX = Operator.EQUALS, Operator.GREATER, Operator.PREFIX


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", EVERYTHING),
        ("model:gpt-4o", is_("model", EQUALS, "gpt-4o")),
        ("model=gpt-4o", is_("model", EQUALS, "gpt-4o")),
        ("Model:gpt-4o*", is_("model", PREFIX, "gpt-4o")),
        ("model:*mini*", is_("model", Operator.CONTAINS, "mini")),
        ("model:gpt*mi_ni", is_("model", Operator.LIKE, r"gpt%mi\_ni")),
        ('model:"gpt*"', is_("model", EQUALS, "gpt*")),
        (r"model:gpt\*", is_("model", EQUALS, "gpt*")),
        ('model:"a b"*', is_("model", PREFIX, "a b")),
        ('model:""', is_("model", EQUALS, "")),
        ("model!=x", negation(is_("model", EQUALS, "x"))),
        ("model~gpt%", is_("model", Operator.LIKE, "gpt%")),
        ("url:https://a.test/?b=c", is_("url", EQUALS, "https://a.test/?b=c")),
        ("cost>0.01", is_("cost", GREATER, Decimal("0.01"))),
        ("cost:>$0.01", is_("cost", GREATER, Decimal("0.01"))),
        ("latency>2s", is_("latency", GREATER, Decimal(2000))),
        ("ttft<=1.5ms", is_("ttft", Operator.LESS_OR_EQUAL, Decimal("1.5"))),
        ("status:error", is_("status", EQUALS, "error")),
        ("-status:200", negation(is_("status", EQUALS, Decimal(200)))),
        ("NOT status:200", negation(is_("status", EQUALS, Decimal(200)))),
        ("status>=400", is_("status", Operator.GREATER_OR_EQUAL, Decimal(400))),
        ("is:streamed", is_("streamed", EQUALS, True)),
        ("is:cancelled", is_("status", EQUALS, "cancelled")),
        ("has:cost", is_("cost", Operator.EXISTS, None)),
        ("feedback:up", is_("feedback", EQUALS, "up")),
        ("after:2026-11-01", is_("time", Operator.GREATER_OR_EQUAL, datetime(2026, 11, 1, tzinfo=UTC))),
        ("before:2026-11-01T02:00+02:00", is_("time", Operator.LESS, datetime(2026, 11, 1, tzinfo=UTC))),
        ("property.Environment=production", Property("Environment", EQUALS, "production")),
        ('property."My Name":x', Property("My Name", EQUALS, "x")),
        ("property.X:*", Property("X", Operator.EXISTS, None)),
        ("has:property.X", Property("X", Operator.EXISTS, None)),
        ("score.quality>=4", Score("quality", Operator.GREATER_OR_EQUAL, Decimal(4))),
        ("hello", Text("hello", is_phrase=False)),
        ('"exact phrase"', Text("exact phrase", is_phrase=True)),
        ('request:"a b"', Text("a b", is_phrase=True, field="request")),
        ("response:sorry", Text("sorry", is_phrase=False, field="response")),
        (r"\OR", Text("OR", is_phrase=False)),
    ],
)
def test_it_reads(text: str, node: Node) -> None:
    assert parse(text) == node


def test_and_binds_tighter_than_or() -> None:
    assert parse("a b OR c") == parse("(a AND b) OR (c)") != parse("a (b OR c)")


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("status:200 modle:x", 11, "no field 'modle'. Did you mean model?"),
        ("status:299x", 0, "is not a status"),
        ("cost>cheap", 0, "'cheap' is not a number"),
        ("cost>1e99", 0, "too large"),
        ("latency>2", 0, "Say the unit"),
        ("model>3", 0, "model cannot be compared by '>'"),
        ("property.X>3", 0, "Properties are text"),
        ("score.x:*a*", 0, "Scores are numbers"),
        ("status>error", 0, "a class of statuses"),
        ("after:tomorrow", 0, "is not a time"),
        ("feedback:maybe", 0, "up, down or none"),
        ("is:odd", 0, "not 'odd'"),
        ("model:", 0, "The value is missing"),
        (":x", 0, "The name before the operator is missing"),
        ("id:1", 0, "is not an id"),
        ("hel*o", 0, "whole words"),
        ('""', 0, "no words"),
        ('status:200 "abc', 11, "This quote is not closed"),
        ("(status:200", 0, "This bracket is not closed"),
        ("status:200)", 10, "This bracket closes nothing"),
        ("status:200 OR", 11, "between two conditions"),
        ("OR status:200", 0, "between two conditions"),
        ("status:200 AND", 11, "between two conditions"),
        ("status:200 -", 11, "nothing here to negate"),
        ("model:a\\", 7, "Nothing follows the backslash"),
        ("model:a\x00", 0, "Null characters"),
        ("model~a\\\\", 0, "ends with a single"),
    ],
)
def test_a_mistake_in_text_is_located_and_explained(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value).startswith(f"At character {position + 1}")


@pytest.mark.parametrize(
    "text", ["x " * 201, "(" * 60 + "x" + ")" * 60, "-" * 60 + "x", "x" * 10_001], ids=lambda text: text[:3]
)
def test_a_filter_has_bounds(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def rmt(column: str, operator: str, value: Any) -> dict[str, Any]:
    return {"request_response_rmt": {column: {operator: value}}}


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ("all", ""),
        ({}, ""),
        (rmt("model", "equals", "gpt-4o"), "model:gpt-4o"),
        (rmt("model", "not-contains", "mini"), "-model:*mini*"),
        (rmt("model", "ilike", "GPT%"), "model~~GPT%"),
        (rmt("latency", "gte", 1500), "latency>=1500ms"),
        (rmt("cost", "gt", 0.01), "cost>0.01"),
        (rmt("status", "equals", 429), "status:429"),
        (rmt("cached", "equals", True), "is:cached"),
        (rmt("prompt_id", "equals", "greeting"), "property.Helicone-Prompt-Id:greeting"),
        (rmt("request_created_at", "gte", "2026-11-01T00:00:00.000Z"), "after:2026-11-01"),
        (rmt("request_body", "contains", "a phrase"), 'request:"a phrase"'),
        (rmt("response_body", "ilike", "%sorry%"), 'response:"sorry"'),
        (rmt("helicone-score-feedback", "equals", False), "feedback:down"),
        (rmt("property_key", "equals", "Team"), "has:property.Team"),
        ({"request_response_rmt": {"properties": {"Team": {"equals": "red"}}}}, "property.Team:red"),
        ({"request_response_rmt": {"search_properties": {"Team": {"contains": "r"}}}}, "property.Team:*r*"),
        ({"request_response_rmt": {"scores": {"quality": {"gte": 4}}}}, "score.quality>=4"),
        ({"properties": {"Team": {"not-equals": "red"}}}, "-property.Team:red"),
        ({"request": {"user_id": {"equals": "ada"}}}, "user:ada"),
        ({"response": {"body_tokens": {"lt": 10}}}, "tokens<10"),
        ({"feedback": {"rating": {"equals": True}}}, "feedback:up"),
        (
            {"left": rmt("status", "equals", 200), "operator": "or", "right": rmt("model", "equals", "a b")},
            'status:200 OR model:"a b"',
        ),
        ({"left": "all", "operator": "and", "right": rmt("status", "equals", 200)}, "status:200"),
    ],
)
def test_it_reads_helicones_tree(tree: Any, text: str) -> None:
    assert print_filter(parse_tree(tree)) == text


@pytest.mark.parametrize(
    ("tree", "path", "says"),
    [
        ("some", "filter", "should be an object"),
        ({"sessions": {"a": {"equals": 1}}}, "filter.sessions", "There is no table 'sessions'"),
        (rmt("colour", "equals", "red"), "filter.request_response_rmt.colour", "has no column 'colour'"),
        (rmt("model", "is", "x"), "filter.request_response_rmt.model.is", "There is no operator 'is'"),
        (rmt("model", "gt", "x"), "filter.request_response_rmt.model.gt", "cannot be compared by '>'"),
        (rmt("cost", "gt", "x"), "filter.request_response_rmt.cost.gt", "is not a number"),
        (rmt("cost", "gt", 10**30), "filter.request_response_rmt.cost.gt", "is not a number"),
        (rmt("cost", "gt", None), "filter.request_response_rmt.cost.gt", "A value is text"),
        (rmt("cost", "gt", [1]), "filter.request_response_rmt.cost.gt", "A value is text"),
        (rmt("user_id", "equals", "\ud800"), "filter.request_response_rmt.user_id.equals", "valid Unicode"),
        ({"request_response_rmt": {"model": {}}}, "filter.request_response_rmt.model", "Here is nothing"),
        (
            {"request_response_rmt": {"model": "x"}},
            "filter.request_response_rmt.model",
            "should be an object",
        ),
        ({"values": {"a": {"equals": "b"}}}, "filter.values.a", "not kept by name"),
        ({"left": "all", "operator": "and"}, "filter", "'right' is missing"),
        ({"left": "all", "operator": "xor", "right": "all"}, "filter.operator", "neither 'and' nor 'or'"),
        (
            {"left": "all", "operator": "and", "right": rmt("model", "is", "x")},
            "filter.right.request_response_rmt.model.is",
            "There is no operator",
        ),
    ],
    ids=str,
)
def test_a_mistake_in_a_tree_is_located_and_explained(tree: Any, path: str, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_tree(tree)
    assert says in str(caught.value)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"At {path}: ")


def test_a_long_chain_of_branches_is_not_deep() -> None:
    tree: Any = rmt("status", "equals", 200)
    for _ in range(150):
        tree = {"left": tree, "operator": "and", "right": rmt("status", "equals", 200)}
    assert len(parse(print_filter(parse_tree(tree))).parts) == 151  # type: ignore[union-attr]


@pytest.mark.parametrize("operators", [("and",), ("and", "or")])
def test_endless_trees_are_refused(operators: tuple[str, ...]) -> None:
    tree: Any = rmt("status", "equals", 200)
    for n in range(300):
        tree = {"left": tree, "operator": operators[n % len(operators)], "right": rmt("status", "equals", 1)}
    with pytest.raises(FilterError):
        parse_tree(json.loads(json.dumps(tree)))


# Printing

ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)
NUMBERS = st.decimals(-(10**6), 10**6, places=4)


def _comparison(name: str) -> st.SearchStrategy[Node]:
    kind = FIELDS[name].kind
    sized = st.sampled_from((EQUALS, *ORDER))
    match kind:
        case Kind.TEXT:
            return st.builds(Comparison, st.just(name), st.just(EQUALS), ANY_TEXT) | st.builds(
                Comparison, st.just(name), st.sampled_from(PATTERNS), ANY_TEXT.map(_as_pattern)
            )
        case Kind.NUMBER | Kind.COST | Kind.DURATION:
            return st.builds(Comparison, st.just(name), sized, NUMBERS)
        case Kind.TIME:
            moments = st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
            return st.builds(Comparison, st.just(name), sized, moments)
        case Kind.FLAG:
            return st.builds(Comparison, st.just(name), st.just(EQUALS), st.booleans())
        case Kind.STATUS:
            return st.builds(
                Comparison, st.just(name), st.just(EQUALS), st.sampled_from(list(STATUS_CLASSES))
            )
        case Kind.FEEDBACK:
            return st.builds(
                Comparison, st.just(name), st.just(EQUALS), st.sampled_from(("up", "down", "none"))
            )
        case Kind.ID:
            return st.builds(Comparison, st.just(name), st.just(EQUALS), st.uuids().map(str))


def _as_pattern(text: str) -> str:
    return "a" + text.replace("\\", "\\\\")


NAMES = ANY_TEXT.filter(bool)
SEARCHED = ANY_TEXT.filter(str.strip)
LEAVES: st.SearchStrategy[Node] = (
    st.sampled_from(list(FIELDS)).flatmap(_comparison)
    | st.builds(Property, NAMES, st.just(EQUALS), ANY_TEXT)
    | st.builds(Property, NAMES, st.sampled_from(PATTERNS), ANY_TEXT.map(_as_pattern))
    | st.builds(Property, NAMES, st.just(Operator.EXISTS), st.none())
    | st.builds(Score, NAMES, st.sampled_from((EQUALS, *ORDER)), NUMBERS)
    | st.builds(Text, SEARCHED, st.booleans(), st.sampled_from(("any", "request", "response")))
)
TREES = st.recursive(
    LEAVES,
    lambda parts: (
        st.lists(parts, max_size=4).map(conjunction)
        | st.lists(parts, min_size=1, max_size=4).map(disjunction)
        | parts.map(negation)
    ),
    max_leaves=20,
)


@fuzz
@given(TREES)
def test_what_is_printed_reads_as_the_same_filter(node: Node) -> None:
    assert parse(print_filter(node)) == node


@fuzz
@given(st.text(st.sampled_from('ab:=!<>~*"\\() -.OR\n'), max_size=30))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        node = parse(text)
    except FilterError as error:
        assert str(error)
    else:
        assert parse(print_filter(node)) == node
