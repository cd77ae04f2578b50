"""What all tools have in common: they only read, refuse in words that help, and answer with data and its text."""

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from threading import BoundedSemaphore
from typing import Annotated, Any, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.db import connection
from django.http import QueryDict
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel
from rest_framework.exceptions import ValidationError

from requests_app.api_parameters import refusals
from requests_app.paging import Slice

# Each call at work holds a database connection, of which pages and REST need the most.
_AT_ONCE = BoundedSemaphore(8)
_NOTHING_FOUND = (
    "Nothing matches in this period. Widen it (range=90d, or start), or see list_fields for what there is."
)
_CALLED_BY_TOOLS = {"q": "filter", "metric": "metrics"}
_P = ParamSpec("_P")
_Found = TypeVar("_Found", bound=BaseModel)


def tool(work: Callable[_P, _Found]) -> Callable[_P, CallToolResult]:
    """Makes of `work`, which runs in a thread, what an MCPServer takes for a tool with the output schema of its model.

    Fields that are as their defaults are left out of the answer, which costs whoever reads it less.
    """
    signature = inspect.signature(work, eval_str=True)

    @wraps(work)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> CallToolResult:
        with _AT_ONCE:
            try:
                with refusals():
                    found = work(*args, **kwargs)
            except ValidationError as error:
                raise ToolError(" ".join(_sentences(error.detail))) from error
            finally:
                connection.close()  # those of threads are never given back
        return CallToolResult(
            content=[TextContent(type="text", text=found.model_dump_json(exclude_defaults=True))],
            structured_content=found.model_dump(mode="json", exclude_defaults=True),
        )

    told = signature.replace(return_annotation=Annotated[CallToolResult, signature.return_annotation])
    call.__signature__ = told  # type: ignore[attr-defined]  # what inspect.signature looks for
    return call


def parameters_of(**parameters: Any) -> QueryDict:
    """Returns `parameters` as a query string has them, without those that are empty."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", [])}
    return QueryDict(urlencode(given, doseq=True))


def page_note(page: Slice[Any], cursor: str | None) -> str:
    """Returns what to do about `page`, which began at `cursor`: how to go on, or why there may be nothing."""
    if page.next_cursor:
        return "There are more: pass next_cursor as cursor."
    return "" if page.rows or cursor else _NOTHING_FOUND


def _sentences(detail: Any) -> Iterator[str]:
    for name, problems in detail.items():
        for problem in problems:
            yield f"{_CALLED_BY_TOOLS.get(name, name)}: {problem}"
