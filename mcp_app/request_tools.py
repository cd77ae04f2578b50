"""Tools that read requests."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from helicone_site.formats import usd
from helicone_site.time_limit import at_most_ms
from mcp_app.arguments import Cursor, End, Range, RequestsFilter, Rows, Start
from mcp_app.asker import Call, asker_of
from mcp_app.body_text import cut, fitted
from mcp_app.tool import page_note, parameters_of, tool
from requests_app import queries
from requests_app.api_parameters import valid
from requests_app.detail import DEFAULT_TAB, DetailPage
from requests_app.filters import RequestFilter
from requests_app.queries import RequestDetail, RequestRow

LONGEST_MS = 8_000
MOST_BODY_CHARACTERS = 200_000
_MOST_PROPERTIES = 30
_TEXT_CHARACTERS = 300  # of a property or another text that clients choose

Sort = Literal[
    "-created_at", "created_at", "-cost", "cost", "-latency_ms", "latency_ms", "-total_tokens", "total_tokens",
    "-time_to_first_token_ms", "time_to_first_token_ms",
]  # fmt: skip


class FoundRequest(BaseModel):
    """One request. What is unknown, empty or none is left out."""

    id: UUID
    created_at: datetime
    model: str
    provider: str
    status: int = Field(
        description="HTTP; -2 the stream timed out, -3 cancelled by the client, -100 it broke off."
    )
    latency_ms: int
    error: str = Field("", description="Short name of the error.")
    time_to_first_token_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = Field(None, description="Missing where the price is unknown.")
    request_id: str = Field("", description="The client's own id, where it gave one.")
    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    kind: str = Field(
        "", description="Missing: a call of a model. Else tool, vector_db, database, http, agent, data."
    )
    span_name: str = ""
    properties: dict[str, str] = Field(default_factory=dict)
    preview: str = Field("", description="Begin of the last user message.")
    found: str = Field("", description="Around what was searched for in bodies.")


class FoundRequests(BaseModel):
    """A page of requests."""

    requests: list[FoundRequest]
    next_cursor: str | None = None
    note: str = ""
    page_url: str = Field(description="The same list for people.")


class CostLine(BaseModel):
    """What one kind of token cost."""

    kind: str
    tokens: int
    usd_per_million: float
    cost_usd: float


class WholeRequest(FoundRequest):
    """A request with its bodies."""

    path: str
    target_url: str = ""
    request_model: str = Field("", description="The model asked for.")
    response_model: str = Field("", description="The model that answered.")
    is_stream: bool
    what_went_wrong: str = Field("", description="In plain words; missing after a success.")
    session_name: str = ""
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    feedback: int | None = Field(None, description="1 thumb up, 0 thumb down.")
    scores: dict[str, float] = Field(default_factory=dict)
    cost_lines: list[CostLine] = Field(default_factory=list)
    request_body: Any = Field(None, description="JSON, or text; missing where it was not kept.")
    response_body: Any = Field(None, description="Likewise; a stream as the one object it would have been.")
    notes: list[str] = Field(default_factory=list, description="What is cut, left out or not kept.")
    page_url: str = Field(description="This request for people.")


@tool
def search_requests(
    context: Call,
    filter: RequestsFilter = "",
    range: Range = None,
    start: Start = None,
    end: End = None,
    sort: Annotated[Sort, Field(description="- is descending; the newest first without it.")] = "-created_at",
    limit: Rows = 20,
    cursor: Cursor = None,
) -> FoundRequests:
    """Find logged LLM requests, and steps of agents, by a filter. Bodies are read by get_request."""
    asker = asker_of(context)
    asked = parameters_of(q=filter, range=range, start=start, end=end)
    with at_most_ms(LONGEST_MS):
        page = queries.list_requests(
            organization_id=asker.organization.pk,
            filters=valid(RequestFilter(asked)),
            sort=sort,
            cursor=cursor,
            limit=limit,
        )
    return FoundRequests(
        requests=[FoundRequest(**_found(row)) for row in page.rows],
        next_cursor=page.next_cursor,
        note=page_note(page, cursor),
        page_url=asker.page("requests:list", asked.urlencode()),
    )


@tool
def get_request(
    context: Call,
    id: Annotated[
        str, Field(description="The id of search_requests, or the client's own Helicone-Request-Id.")
    ],
    max_characters: Annotated[
        int, Field(ge=0, le=MOST_BODY_CHARACTERS, description="Of either body; 0: none of them.")
    ] = 10_000,
) -> WholeRequest:
    """Read one request: what was sent and answered, errors, tokens, cost and where in a session it stands."""
    asker = asker_of(context)
    try:
        detail = queries.find_request(organization_id=asker.organization.pk, request_id=id)
    except queries.RequestNotFound as error:
        raise ToolError(f"There is no request with the id {id!r}.") from error
    row = detail.row
    bodies, notes = _bodies(detail, max_characters)
    page_url = asker.page("requests:detail", id=row.id)
    failure = DetailPage(detail, base_url=page_url, tab=DEFAULT_TAB).explanation
    return WholeRequest(
        **_found(row),
        **bodies,
        path=row.path,
        target_url=row.target_url,
        request_model=row.request_model,
        response_model=row.response_model,
        is_stream=row.is_stream,
        what_went_wrong=f"{failure.title}. {failure.text}".strip() if failure else "",
        session_name=row.session_name,
        trace_id=row.trace_id,
        span_id=row.span_id,
        parent_span_id=row.parent_span_id,
        feedback=row.feedback,
        scores=row.scores,
        cost_lines=[
            CostLine(
                kind=line.kind,
                tokens=line.tokens,
                usd_per_million=float(line.usd_per_million),
                cost_usd=usd(line.cost_nanodollars),
            )
            for line in detail.cost_lines
        ],
        notes=notes,
        page_url=page_url,
    )


def _found(row: RequestRow) -> dict[str, Any]:
    """Returns the fields of FoundRequest."""
    properties = list(row.properties.items())[:_MOST_PROPERTIES]
    return {
        "id": row.id,
        "created_at": row.created_at,
        "model": row.model,
        "provider": row.provider,
        "status": row.status,
        "latency_ms": row.latency_ms,
        "error": cut(row.error, _TEXT_CHARACTERS),
        "time_to_first_token_ms": row.time_to_first_token_ms,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cost_usd": usd(row.cost_nanodollars),
        "request_id": "" if row.request_id == str(row.id) else row.request_id,
        "user_id": row.user_id,
        "session_id": row.session_id,
        "session_path": row.session_path,
        "kind": row.kind,
        "span_name": row.span_name,
        "properties": {name: cut(value, _TEXT_CHARACTERS) for name, value in properties},
        "preview": row.preview,
        "found": "".join(piece.text for piece in row.snippet or ()),
    }


def _bodies(detail: RequestDetail, at_most: int) -> tuple[dict[str, Any], list[str]]:
    """Returns both bodies by field, and what is missing of them."""
    found: dict[str, Any] = {}
    notes = []
    for name, body, was_omitted, was_cut in (
        ("request", detail.request_body, detail.request_omitted, detail.row.request_is_cut),
        ("response", detail.response_body, detail.response_omitted, detail.row.response_is_cut),
    ):
        if body is None:
            notes.append(f"The {name} was not logged." if was_omitted else f"The {name} is no longer kept.")
            continue
        if was_cut:
            notes.append(f"Only the first part of the {name} was logged.")
        if at_most:
            found[f"{name}_body"], is_short = fitted(body, at_most)
            if is_short:
                notes.append(
                    f"Parts of the {name}, {len(body):,} bytes in all, are left out: max_characters may be up to "
                    f"{MOST_BODY_CHARACTERS:,}."
                )
    return found, notes
