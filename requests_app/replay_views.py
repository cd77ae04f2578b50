"""The page on which a request is edited and sent again, and the answer on its way to it."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from gateway_app.catalog import CATALOG
from gateway_app.upstream import TimedOut, Unreachable
from ingest_app.dialects import dialect_of, usage_of
from requests_app import neighbours, queries, statuses
from requests_app.conversation import conversation
from requests_app.json_text import decoded, pretty
from requests_app.replay import (
    BadBody,
    NotReplayable,
    Update,
    body_of,
    checked_body,
    gateway_key,
    send,
)
from requests_app.replay_form import replay_form
from requests_app.shown import ShownMessage, shown_messages
from requests_app.views import PageRequest, detail_page, get_request_or_404

INVALID = 422


@require_GET
@never_cache
@organization_view(role=Role.MEMBER)
def replay(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """The request in an editor, beside the answer that it had."""
    page = detail_page(request, organization, id)
    context: dict[str, Any] = {"organization": organization, "page": page}
    context["answers"] = [shown for shown in page.messages if shown.message.is_answer]
    try:
        body = body_of(page.detail)
    except NotReplayable as error:
        return render(request, "requests_app/replay.html", context | {"problem": str(error)})
    context |= {
        "form": replay_form(body, page.conversation.kind),
        "body": pretty(page.detail.request_body or b""),
        "models": neighbours.models_of(organization_id=organization.pk, provider=page.row.provider),
    }
    return render(request, "requests_app/replay.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def replay_send(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponseBase:
    """Sends the body of this request to where the logged one went; its answer comes as lines of JSON.

    `{"type": "text", "text", "replaces"}` while it streams, at the end `{"type": "done", …}`, or `"failed"`.
    """
    detail = get_request_or_404(organization, id)
    try:
        body_of(detail)
        body = checked_body(request.body)
    except (NotReplayable, BadBody) as error:
        return JsonResponse({"error": str(error)}, status=INVALID)
    key = gateway_key(organization, request.user)
    lines = _lines(detail.row, body, key, organization)
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy in front must not hold it back
    return response


async def _lines(
    row: queries.RequestRow, body: bytes, key: str, organization: Organization
) -> AsyncIterator[bytes]:
    # The answer may take minutes: the database connection of the view goes back to the pool before.
    await sync_to_async(connections.close_all)()
    told = ""
    try:
        async for update in send(row, body, key=key):
            if update.is_last:
                yield _line({"type": "done", **_outcome(row, body, update, organization)})
                return
            text = update.snapshot.text
            replaces = not text.startswith(told)
            yield _line(
                {"type": "text", "text": text if replaces else text[len(told) :], "replaces": replaces}
            )
            told = text
    except TimedOut:
        yield _line({"type": "failed", "text": "The answer did not come in time."})
    except Unreachable as error:
        yield _line({"type": "failed", "text": f"The gateway could not be reached: {error}."})


def _outcome(
    row: queries.RequestRow, body: bytes, update: Update, organization: Organization
) -> dict[str, Any]:
    """Returns what the page shows of a whole answer. `html` is made by the template that shows all answers."""
    answer = update.snapshot.body
    context = {
        "messages_shown": _answers(body, answer, row.path),
        "organization": organization,
        "page": {"row": {"id": update.helicone_id or row.id}},
        "inline_media": True,  # the new request may not be stored yet
    }
    provider = CATALOG.by_name[row.provider]
    why = statuses.explanation(status=update.status, error="", provider=provider.label)
    dialect = dialect_of(row.path)
    told = _object(answer)
    usage = usage_of(row.provider, dialect, told) if dialect and told else None
    return {
        "status": update.status,
        "html": render_to_string("parts/chat.html", context),
        "problem": why._asdict() if why else None,
        "url": _address(organization, update.helicone_id),
        "latency_ms": update.elapsed_ms,
        "first_text_ms": update.first_text_ms,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
    }


def _answers(request_body: bytes, answer: bytes, path: str) -> list[ShownMessage]:
    found = conversation(request_body, answer, path)
    return [shown for shown in shown_messages(found) if shown.message.is_answer]


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = decoded(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _address(organization: Organization, helicone_id: str) -> str:
    try:
        return reverse("requests:detail", args=[organization.slug, UUID(helicone_id)])
    except ValueError:
        return ""


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"
