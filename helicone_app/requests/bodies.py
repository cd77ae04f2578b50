"""The bodies of requests: inlined into rows, or at an address that needs no key for a while."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.signed import SignedUrls, unsigned
from helicone_app.view import NotFound, PublicView
from ingest_app.bodies import Bodies, BodyKey, body_store
from requests_app.bodies_address import VIEW, key_of, payload_of
from requests_app.body_value import json_or_text
from requests_app.queries import RequestRow

MAX_INLINED_BYTES = 64 << 20  # of one answer: they are all held at once
ELSEWHERE = {"helicone_message": "The body is at signed_body_url."}
"""What stands for a body that is not in the row; clients look for the key."""
NOT_KEPT = {"helicone_message": "The body was not kept."}


def body_url(row: RequestRow, urls: SignedUrls) -> str:
    """Returns the address of the bodies of a row, with urls of the view "bodies"."""
    return urls.of(payload_of(row.key))


def as_json(bodies: Bodies | None) -> dict[str, Any]:
    """Returns `{"request": …, "response": …}`; a body that is not kept is an object that says so."""
    request, response = (bodies.request, bodies.response) if bodies else (None, None)
    return {
        "request": NOT_KEPT if request is None else json_or_text(request),
        "response": NOT_KEPT if response is None else json_or_text(response),
    }


def inline(rows: Sequence[RequestRow], shown: Sequence[dict[str, Any]]) -> None:
    """Put the bodies into `shown`, made of `rows`, until MAX_INLINED_BYTES; the rest keep their stubs."""
    size = 0
    fitting: list[BodyKey] = []
    for row in rows:
        size += row.request_bytes + row.response_bytes
        if fitting and size > MAX_INLINED_BYTES:
            break
        fitting.append(row.key)
    found = {key.id: bodies for key, bodies in body_store().get_many(fitting)}
    for key, one in zip(fitting, shown, strict=False):
        bodies = as_json(found.get(key.id))
        one["request_body"], one["response_body"] = bodies["request"], bodies["response"]


class BodiesView(PublicView):
    """What `signed_body_url` leads to."""

    @extend_schema(
        operation_id="helicone_bodies",
        auth=[],
        responses=OpenApiResponse(
            OpenApiTypes.OBJECT, description="`request` and `response`, each as JSON or as text."
        ),
    )
    def get(self, request: ApiRequest, token: str) -> Response:
        """The bodies of one request, for half an hour after the address was made."""
        bodies = body_store().get(key_of(unsigned(token, VIEW)))
        if bodies is None:
            raise NotFound("The request is no longer kept.")
        return Response(as_json(bodies))
