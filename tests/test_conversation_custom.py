"""Steps that are no call of a model become what they are, whoever logged them."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from requests_app.conversation import conversation
from requests_app.conversation.step import Data, DatabaseQuery, HttpCall, Search, Step, ToolCall
from requests_app.shown_step import ShownStep
from requests_app.sql_words import sql_pieces


def step(request: Any, response: Any = None, kind: str = "") -> Step:
    found = conversation(
        json.dumps(request).encode(), json.dumps(response or {}).encode(), "", kind=kind
    ).step
    assert found is not None
    return found


def span(kind: str, *, events: Any = (), status: Any = None, answered: Any = None, **attributes: Any) -> Step:
    """Returns the step in a span whose attributes have `__` for a dot."""
    body = {
        "name": "the span",
        "attributes": {name.replace("__", "."): value for name, value in attributes.items()},
        "events": list(events),
        "status": status or {},
    }
    response = {"attributes": {name.replace("__", "."): value for name, value in (answered or {}).items()}}
    return step(body, response, kind)


def test_a_tool_of_the_manual_logger() -> None:
    found = step(
        {"_type": "tool", "toolName": "weather", "input": {"city": "Rome"}, "region": "EU"},
        {"_type": "tool", "toolName": "weather", "status": "success", "degrees": 30},
    )
    assert isinstance(found, ToolCall)
    assert (found.name, found.status, found.error) == ("weather", "success", "")
    assert found.input == '{\n  "city": "Rome"\n}'
    assert found.output == '{\n  "degrees": 30\n}'
    assert found.details == '{\n  "region": "EU"\n}'


def test_a_tool_that_failed_says_why() -> None:
    found = step({"_type": "tool", "toolName": "t"}, {"status": "error", "message": "no such city"})
    assert found.error == "no such city"


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(
            {"gen_ai__tool__name": "weather", "gen_ai__tool__call__id": "c1",
             "gen_ai__tool__call__arguments": '{"city": "Rome"}', "gen_ai__tool__call__result": "30 degrees"},
            id="opentelemetry",
        ),
        pytest.param(
            {"openinference__span__kind": "TOOL", "tool__name": "weather", "tool_call__id": "c1",
             "input__value": '{"city": "Rome"}', "input__mime_type": "application/json",
             "output__value": "30 degrees"},
            id="openinference",
        ),
        pytest.param(
            {"ai__toolCall__name": "weather", "ai__toolCall__id": "c1",
             "ai__toolCall__args": '{"city": "Rome"}', "ai__toolCall__result": "30 degrees"},
            id="vercel",
        ),
    ],
)  # fmt: skip
def test_a_tool_in_every_convention(attributes: dict[str, Any]) -> None:
    found = span("tool", **attributes)
    assert isinstance(found, ToolCall)
    assert (found.name, found.id, found.output) == ("weather", "c1", "30 degrees")
    assert found.input == '{\n  "city": "Rome"\n}'
    assert found.details == ""


def test_a_search_of_the_manual_logger() -> None:
    found = step(
        {
            "_type": "vector_db",
            "operation": "search",
            "databaseName": "contracts",
            "text": "EU region",
            "vector": [0.25, -0.5, 1],
            "topK": 5,
            "filter": {"year": 2026},
        },
        {
            "_type": "vector_db",
            "status": "success",
            "similarityThreshold": 0.8,
            "actualSimilarity": 0.91,
            "metadata": {
                "results": [{"id": "a", "score": 0.91, "text": "Frankfurt", "metadata": {"page": 7}}]
            },
        },
    )
    assert isinstance(found, Search)
    assert (found.operation, found.collection, found.query, found.top_k) == (
        "search",
        "contracts",
        "EU region",
        "5",
    )
    assert found.vector is not None
    assert (found.vector.length, found.vector.head) == (3, [0.25, -0.5, 1.0])
    assert found.filters == '{\n  "year": 2026\n}'
    assert (found.threshold, found.similarity) == ("0.8", "0.91")
    (hit,) = found.hits
    assert (hit.id, hit.score, hit.text, hit.metadata) == ("a", 0.91, "Frankfurt", '{\n  "page": 7\n}')


def test_what_a_search_found_that_is_no_list_of_hits_is_shown_as_it_is() -> None:
    found = step({"_type": "vector_db", "operation": "insert"}, {"status": "success", "message": "3 stored"})
    assert isinstance(found, Search)
    assert found.hits == []
    assert "3 stored" in found.output


def test_documents_of_openinference() -> None:
    found = span(
        "vector_db",
        openinference__span__kind="RETRIEVER",
        input__value="EU region",
        answered={
            "retrieval__documents__0__document__id": 12,
            "retrieval__documents__0__document__score": 0.9,
            "retrieval__documents__0__document__content": "Frankfurt",
            "retrieval__documents__0__document__metadata": '{"page": 7}',
            "retrieval__documents__1__document__content": "Dublin",
        },
    )
    assert isinstance(found, Search)
    assert found.query == "EU region"
    assert [(hit.id, hit.score, hit.text) for hit in found.hits] == [
        ("12", 0.9, "Frankfurt"),
        ("", None, "Dublin"),
    ]
    assert found.hits[0].metadata == '{\n  "page": 7\n}'
    assert found.details == ""


def test_documents_of_opentelemetry() -> None:
    found = span(
        "vector_db",
        gen_ai__retrieval__query__text="EU region",
        gen_ai__retrieval__top_k=3,
        gen_ai__data_source__id="contracts",
        answered={"gen_ai__retrieval__documents": '[{"id": "a", "score": 0.5}]'},
    )
    assert isinstance(found, Search)
    assert (found.query, found.top_k, found.collection) == ("EU region", "3", "contracts")
    assert [(hit.id, hit.score) for hit in found.hits] == [("a", 0.5)]


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        pytest.param(
            {"db__system": "Pinecone", "pinecone__query__top_k": 3, "pinecone__query__filter": '{"year": 2026}'},
            [
                {"name": "db.query.embeddings", "attributes": {"db.query.embeddings.vector": [0.1, 0.2]}},
                {
                    "name": "db.pinecone.query.result",
                    "attributes": {
                        "db.pinecone.query.result.id": "a",
                        "db.pinecone.query.result.score": 0.5,
                        "db.pinecone.query.result.metadata": '{"page": 7}',
                    },
                },
            ],
            id="pinecone",
        ),
        pytest.param(
            {"db__system": "chroma", "db__chroma__query__n_results": 3, "db__chroma__query__where": '{"year": 2026}'},
            [
                {
                    "name": "db.query.result",
                    "attributes": {
                        "db.query.result.id": "a",
                        "db.query.result.distance": 0.5,
                        "db.query.result.document": "Frankfurt",
                    },
                }
            ],
            id="chroma",
        ),
        pytest.param(
            {"db__system": "milvus", "db__milvus__search__limit": 3, "db__milvus__search__filter": '{"year": 2026}'},
            [
                {
                    "name": "db.search.result",
                    "attributes": {"db.search.result.id": "a", "db.search.result.distance": 0.5},
                }
            ],
            id="milvus",
        ),
    ],
)  # fmt: skip
def test_vector_databases_by_their_instrumentation(attributes: dict[str, Any], events: list[Any]) -> None:
    found = span("vector_db", events=events, **attributes)
    assert isinstance(found, Search)
    assert found.top_k == "3"
    assert found.filters == '{\n  "year": 2026\n}'
    assert [(hit.id, hit.score) for hit in found.hits] == [("a", 0.5)]
    assert found.hits[0].measure == ("score" if found.system == "Pinecone" else "distance")


def test_chromas_columns() -> None:
    answer = {
        "ids": [["a", "b"]],
        "distances": [[0.1, 0.2]],
        "documents": [["one", "two"]],
        "metadatas": [[{"page": 1}, None]],
    }
    found = span("vector_db", db__system="chroma", answered={"output__value": json.dumps(answer)})
    assert isinstance(found, Search)
    assert [(hit.id, hit.score, hit.measure, hit.text) for hit in found.hits] == [
        ("a", 0.1, "distance", "one"),
        ("b", 0.2, "distance", "two"),
    ]


def test_a_database_query() -> None:
    found = span(
        "database",
        db__system="postgresql",
        db__name="facts",
        db__statement="SELECT * FROM vendor WHERE region = $1",
        db__query__parameter__1="eu",
        server__address="10.0.0.7",
        server__port=5432,
        peer__service="facts-db",
        answered={"db__response__returned_rows": 41},
    )
    assert isinstance(found, DatabaseQuery)
    assert (found.system, found.database, found.rows, found.server) == (
        "postgresql",
        "facts",
        41,
        "10.0.0.7:5432",
    )
    assert found.statement == "SELECT * FROM vendor WHERE region = $1"
    assert found.parameters == '[\n  "eu"\n]'
    assert found.details == '{\n  "peer.service": "facts-db"\n}'
    assert dict(ShownStep(found).facts)["Rows"] == "41"


def test_an_http_call() -> None:
    found = span(
        "http",
        http__request__method="POST",
        url__full="https://api.example.com/v2/quote?x=1",
        http__request__body__size=312,
        http__request__header__accept=["text/html", "*/*"],
        answered={"http__response__status_code": 503, "http__response__body__size": 4200},
        status={"code": 2},
    )
    assert isinstance(found, HttpCall)
    assert (found.method, found.url, found.status_code) == (
        "POST",
        "https://api.example.com/v2/quote?x=1",
        503,
    )
    assert (found.request_bytes, found.response_bytes) == (312, 4200)
    assert found.request_headers == [("accept", "text/html, */*")]
    assert found.error == "failed"


def test_an_address_that_was_logged_in_pieces() -> None:
    found = span(
        "http", http__method="GET", http__scheme="https", http__host="example.com", http__target="/a?b=1"
    )
    assert isinstance(found, HttpCall)
    assert found.url == "https://example.com/a?b=1"


def test_an_exception_is_the_error_and_keeps_its_stack() -> None:
    thrown = {
        "name": "exception",
        "attributes": {
            "exception.type": "ValueError",
            "exception.message": "no such city",
            "exception.stacktrace": "Traceback …",
        },
    }
    found = span("tool", events=[thrown], tool__name="weather")
    assert (found.error, found.stack) == ("ValueError: no such city", "Traceback …")


def test_attributes_as_otlp_writes_them() -> None:
    attributes = [
        {"key": "db.system", "value": {"stringValue": "mysql"}},
        {"key": "db.statement", "value": {"stringValue": "SHOW TABLES"}},
    ]
    found = step({"name": "q", "attributes": attributes}, kind="database")
    assert isinstance(found, DatabaseQuery)
    assert (found.system, found.statement) == ("mysql", "SHOW TABLES")


def test_any_data() -> None:
    found = step(
        {"_type": "data", "name": "Plan", "meta": {"x": 1}}, {"_type": "data", "name": "Plan", "ok": True}
    )
    assert isinstance(found, Data)
    assert found.name == "Plan"
    assert found.input == '{\n  "meta": {\n    "x": 1\n  }\n}'
    assert found.output == '{\n  "ok": true\n}'


def test_an_agent_that_tells_its_messages_is_a_chat() -> None:
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}])
    body = {"name": "run", "attributes": {"gen_ai.input.messages": messages}}
    found = conversation(json.dumps(body).encode(), b"{}", "", kind="agent")
    assert found.step is None
    assert [message.role for message in found.messages] == ["user"]


def test_keywords_of_sql_stand_out() -> None:
    statement = "SELECT name, 'from it''s' -- where\nFROM vendor WHERE id = $1 AND n > 1.5"
    pieces = sql_pieces(statement)
    assert "".join(piece.text for piece in pieces) == statement
    kinds = [(piece.kind, piece.text) for piece in pieces if piece.kind]
    assert kinds == [
        ("keyword", "SELECT"),
        ("string", "'from it''s'"),
        ("comment", "-- where"),
        ("keyword", "FROM"),
        ("keyword", "WHERE"),
        ("value", "$1"),
        ("keyword", "AND"),
        ("number", "1.5"),
    ]


def test_what_is_no_sql_stays_plain() -> None:
    assert [tuple(piece) for piece in sql_pieces('HGET "select" from')] == [("", 'HGET "select" from')]


@given(st.text(alphabet="SELECT from'\"-/*$1:?%s()\n", max_size=80))
def test_a_statement_is_whole_after_it_was_cut(statement: str) -> None:
    for text in (statement, f"SELECT {statement}"):
        assert "".join(piece.text for piece in sql_pieces(text)) == text


_VOCABULARY = """
    _type name input output status message metadata text vector topK filter toolName attributes events
    gen_ai.tool.name input.value output.value db.statement db.system retrieval.documents retrieval.documents.0.document
    db.query.parameter.x http.request.header.a url.full ids documents distances results matches hits key value
    exception.type code
"""
_NAMES = st.sampled_from(_VOCABULARY.split())
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["tool", "vector_db", "data", "[1]", '{"ids": [1], "documents": [2]}', "error"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(_NAMES, _JSON, max_size=8),
    st.dictionaries(_NAMES, _JSON, max_size=8),
    st.sampled_from(["", "tool", "vector_db", "database", "http", "agent", "data", "something new"]),
)
def test_nothing_that_was_logged_breaks_a_page(request: Any, response: Any, kind: str) -> None:
    found = conversation(json.dumps(request).encode(), json.dumps(response).encode(), "", kind=kind)
    if found.step is not None:
        shown = ShownStep(found.step)
        texts = [*shown.inputs, *shown.outputs, *shown.details]
        assert all(one.text for one in texts)
        assert len(shown.hits) <= 50
        assert shown.template.startswith("parts/step_")
        assert "\n" not in shown.line + shown.outcome
        assert all(label for label, _ in [*shown.facts, *shown.headers])
        assert "".join(piece.text for piece in shown.sql) == getattr(found.step, "statement", "")
