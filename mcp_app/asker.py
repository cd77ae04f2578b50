"""Who calls a tool. A tool sees nothing of the protocol but this."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from mcp.server.mcpserver import Context

from accounts_app.models import Organization

Call = Context[Any, Any]
ASKER = "asker"  # where `McpEndpoint` puts it into the state of the ASGI scope


@dataclass(frozen=True, slots=True)
class Asker:
    """The organization whose API key the call came with, and the call's own HTTP request."""

    organization: Organization
    request: HttpRequest

    def page(self, name: str, query: str = "", **parameters: Any) -> str:
        """Returns the address of a page of the organization, as the caller can open it."""
        path = reverse(name, kwargs={"organization": self.organization.slug, **parameters})
        return self.request.build_absolute_uri(f"{path}?{query}" if query else path)


def asker_of(context: Call) -> Asker:
    """Returns who made the call that `context` is of."""
    request: Any = context.request_context.request  # starlette's, of the ASGI scope
    asker: Asker = getattr(request.state, ASKER)
    return asker
