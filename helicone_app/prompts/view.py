"""What the routes of stored prompts have in common."""

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.prompts.serializers import shown_version
from helicone_app.signed import SignedUrls
from helicone_app.view import HeliconeView, NotFound, Refused, ok
from prompts_app.actions import BadPrompt, InProduction
from prompts_app.queries import PromptNotFound, VersionNotFound, VersionRow
from requests_app.api_parameters import organization_id

BODIES = "prompt-bodies"
"""The view that `s3_url` leads to."""


class PromptsView(HeliconeView):
    """404 for a prompt or version that the organization does not have; 400 for what cannot be stored."""

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case PromptNotFound():
                exc = NotFound(f"There is no prompt {str(exc)!r}.")
            case VersionNotFound():
                exc = NotFound(str(exc))
            case BadPrompt() | InProduction():
                exc = Refused(str(exc))
        return super().handle_exception(exc)


class WritingPromptsView(PromptsView):
    """All of its methods change something."""

    writing = frozenset({"post", "patch", "delete"})


def one(request: ApiRequest, row: VersionRow, *, with_body: bool) -> Response:
    """Returns the answer that holds a version."""
    return ok(_shown(request, [row], with_body=with_body)[0])


def many(request: ApiRequest, rows: Iterable[VersionRow]) -> Response:
    """Returns the answer that holds versions."""
    return ok(_shown(request, rows, with_body=False))


def _shown(request: ApiRequest, rows: Iterable[VersionRow], *, with_body: bool) -> list[dict[str, Any]]:
    urls, organization = SignedUrls(request, BODIES), organization_id(request)
    return [shown_version(row, organization, urls, with_body=with_body) for row in rows]
