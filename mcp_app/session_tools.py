"""Tools that read sessions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from helicone_site.formats import usd
from mcp_app.arguments import Cursor, End, Range, Rows, SessionsFilter, Start
from mcp_app.asker import Asker, Call, asker_of
from mcp_app.tool import page_note, parameters_of, tool
from requests_app.api_parameters import valid
from sessions_app import queries
from sessions_app.filters import SessionFilter
from sessions_app.labels import label_of
from sessions_app.models import Session
from sessions_app.shown_session import shown_session
from sessions_app.tree import Node

_MOST_NAMES = 10  # of users, and of models

Sort = Literal[
    "-created_at", "created_at", "-last_active_at", "last_active_at", "-duration_ms", "duration_ms",
    "-requests", "requests", "-cost", "cost", "-total_tokens", "total_tokens", "-errors", "errors",
]  # fmt: skip


class FoundSession(BaseModel):
    """One session. What is unknown, empty or none is left out."""

    session_id: str
    name: str = ""
    created_at: datetime
    last_active_at: datetime
    duration_ms: int
    requests: int
    model_calls: int
    errors: int
    last_status: int
    cost_usd: float | None = Field(None, description="Of the requests whose price is known.")
    unpriced_requests: int = Field(0, description="Calls of models whose price is unknown.")
    total_tokens: int
    user_ids: list[str] = Field(default_factory=list)
    models: list[str] = Field(default_factory=list)
    tag: str = ""
    feedback: int | None = Field(None, description="1 thumb up, 0 thumb down.")


class FoundSessions(BaseModel):
    """A page of sessions."""

    sessions: list[FoundSession]
    next_cursor: str | None = None
    note: str = ""
    page_url: str = Field(description="The same list for people.")


class TreeNode(BaseModel):
    """A step, or what stands above several. Its children follow it, one deeper. The sums are of all from here down."""

    depth: int
    role: Literal["step", "folder", "attempts"] = Field(
        "step",
        description="folder: a path without a request of its own; attempts: a step that failed and was repeated.",
    )
    name: str
    start_ms: float = Field(description="After the session's beginning.")
    duration_ms: float
    steps: int = Field(1, description="Requests from here down.")
    errors: int = Field(0, description="Those of them that failed.")
    cost_usd: float | None = None
    tokens: int | None = None
    is_critical: bool = Field(False, description="Without it the session would have ended earlier.")
    id: str = Field("", description="For get_request; missing where it is no single request.")
    path: str = ""
    model: str = ""
    kind: str = Field("", description="Missing: a call of a model.")
    status: int | None = None
    time_to_first_token_ms: int | None = None


class SessionTree(FoundSession):
    """A session with its steps as a tree, in the order of their start."""

    idle_ms: float = Field(description="How much of the duration no step was running.")
    nodes: list[TreeNode]
    notes: list[str] = Field(default_factory=list, description="What is left out.")
    page_url: str = Field(description="This session for people.")


@tool
def list_sessions(
    context: Call,
    filter: SessionsFilter = "",
    range: Range = None,
    start: Start = None,
    end: End = None,
    sort: Annotated[Sort, Field(description="- is descending; the newest first without it.")] = "-created_at",
    limit: Rows = 20,
    cursor: Cursor = None,
) -> FoundSessions:
    """Find sessions (runs of agents and workflows) that were at work in a period, with what they add up to."""
    asker = asker_of(context)
    asked = parameters_of(q=filter, range=range, start=start, end=end)
    page = queries.list_sessions(
        organization_id=asker.organization.pk,
        filters=valid(SessionFilter(asked)),
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return FoundSessions(
        sessions=[FoundSession(**_found(row)) for row in page.rows],
        next_cursor=page.next_cursor,
        note=page_note(page, cursor),
        page_url=asker.page("sessions:list", asked.urlencode()),
    )


@tool
def get_session(
    context: Call,
    session_id: Annotated[str, Field(description="Helicone-Session-Id, as list_sessions tells it.")],
    depth: Annotated[int, Field(ge=0, le=100, description="How deep into the tree; 0: the top alone.")] = 10,
    limit: Annotated[
        int, Field(ge=1, le=500, description="How many nodes at most, from the beginning.")
    ] = 100,
    only_errors: Annotated[bool, Field(description="Only failed steps and what is above them.")] = False,
) -> SessionTree:
    """Read one session as a tree: which steps it took, when, how long, at what cost, and which failed."""
    asker = asker_of(context)
    session = _session(asker, session_id)
    shown = shown_session(session)
    wanted = [node for node in shown.tree.nodes if node.depth <= depth and (node.errors or not only_errors)]
    left_out = len(shown.tree.nodes) - min(len(wanted), limit)
    notes = [f"{left_out:,} of {len(shown.tree.nodes):,} nodes are left out."] if left_out else []
    if shown.is_cut:
        notes.append(f"The tree is of the first {len(shown.steps):,} steps.")
    return SessionTree(
        **_found(session),
        idle_ms=sum(end - start for start, end in shown.idle) / 1000,
        nodes=[_node(node, shown.axis.start_us) for node in wanted[:limit]],
        notes=notes,
        page_url=asker.page("sessions:detail", session_id=session.session_id),
    )


def _session(asker: Asker, session_id: str) -> Session:
    try:
        return queries.get_session(organization_id=asker.organization.pk, session_id=session_id)
    except queries.SessionNotFound as error:
        raise ToolError(f"There is no session with the id {session_id!r}.") from error


def _found(row: Session) -> dict[str, Any]:
    """Returns the fields of FoundSession."""
    return {
        "session_id": row.session_id,
        "name": row.name,
        "created_at": row.first_at,
        "last_active_at": row.last_at,
        "duration_ms": row.duration_ms,
        "requests": row.requests,
        "model_calls": row.model_calls,
        "errors": row.errors,
        "last_status": row.last_status,
        "cost_usd": usd(row.known_cost),
        "unpriced_requests": row.unpriced,
        "total_tokens": row.tokens,
        "user_ids": row.user_ids[:_MOST_NAMES],
        "models": row.models[:_MOST_NAMES],
        "tag": row.tag,
        "feedback": row.feedback,
    }


def _node(node: Node, start_us: int) -> TreeNode:
    step = node.step
    return TreeNode(
        depth=node.depth,
        role=node.role.value,
        name=label_of(node),
        start_ms=(node.start_us - start_us) / 1000,
        duration_ms=(node.end_us - node.start_us) / 1000,
        steps=node.steps,
        errors=node.errors,
        cost_usd=usd(node.cost_nanodollars),
        tokens=node.tokens,
        is_critical=node.is_critical,
        id=step.id if step else "",
        path=node.path,
        model=step.model if step else "",
        kind=step.kind if step else "",
        status=step.status if step else None,
        time_to_first_token_ms=step.first_token_ms if step else None,
    )
