"""Pictures and sound inside the bodies of a request, each at an address of its own.

Helicone takes them out of the body and keeps them apart; here bodies stay as they were, and an asset is found in them
again by its id, which is made of its content.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.signed import SignedUrls, unsigned
from helicone_app.view import HeliconeView, NotFound, PublicView, ok, result
from ingest_app.bodies import Bodies, BodyKey, body_store
from requests_app.api_parameters import organization_id
from requests_app.bodies_address import microseconds
from requests_app.conversation import conversation
from requests_app.paging import EPOCH
from requests_app.queries import RequestRow, find_request

_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)[^,]*;base64,", re.IGNORECASE)
# What a browser may show. Anything else, such as SVG with a script in it, is only downloaded.
_HARMLESS = {
    *("image/png", "image/jpeg", "image/gif", "image/webp"),
    *("audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/aac", "audio/mp4", "audio/webm"),
}
_NO_ASSET = "There is no asset with this id."


class Asset(NamedTuple):
    """One picture or sound."""

    id: UUID
    source: str  # a data: URL


class _Place(NamedTuple):
    """Where an asset is, as its address says it."""

    organization_id: int
    created_at_us: int
    request: str
    path: str
    kind: str
    asset: str


def assets_of(row_id: UUID, bodies: Bodies, *, path: str, kind: str) -> Iterator[Asset]:
    """Yields the assets in the bodies of the request, in their order, each once."""
    seen: set[UUID] = set()
    for message in conversation(bodies.request, bodies.response, path, kind=kind).messages:
        for part in message.parts:
            if not _DATA_URL.match(part.source):
                continue
            id = uuid5(row_id, part.source)
            if id not in seen:
                seen.add(id)
                yield Asset(id, part.source)


def with_assets(request: ApiRequest, row: RequestRow, bodies: Bodies, shown: dict[str, Any]) -> None:
    """Put the ids and addresses of the assets in `bodies` into `shown`, made of `row`."""
    urls = SignedUrls(request, "asset-content")
    found = [asset.id for asset in assets_of(row.id, bodies, path=row.path, kind=row.kind)]
    shown["asset_ids"] = shown["assets"] = [str(id) for id in found]
    shown["asset_urls"] = {str(id): urls.of(_place(row, id)) for id in found}


class AssetUrlSerializer(serializers.Serializer[Any]):
    """Where an asset is read."""

    assetUrl = serializers.URLField()


class AssetView(HeliconeView):
    """One asset of a request."""

    @extend_schema(
        operation_id="helicone_request_asset",
        parameters=[
            OpenApiParameter("request_id", OpenApiTypes.STR, OpenApiParameter.PATH),
            OpenApiParameter("asset_id", OpenApiTypes.STR, OpenApiParameter.PATH),
        ],
        request=None,
        responses=result("HeliconeAsset", AssetUrlSerializer()),
    )
    def post(self, request: ApiRequest, request_id: str, asset_id: str) -> Response:
        """Its address, which needs no key for half an hour."""
        detail = find_request(organization_id=organization_id(request), request_id=request_id)
        bodies, row = Bodies(detail.request_body, detail.response_body), detail.row
        for asset in assets_of(row.id, bodies, path=row.path, kind=row.kind):
            if str(asset.id) == asset_id:
                return ok({"assetUrl": SignedUrls(request, "asset-content").of(_place(row, asset.id))})
        raise NotFound(_NO_ASSET)


class AssetContentView(PublicView):
    """What `assetUrl` leads to."""

    @extend_schema(
        operation_id="helicone_asset_content",
        auth=[],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: ApiRequest, token: str) -> HttpResponse:
        """The picture or sound, for half an hour after the address was made."""
        place = _Place(*unsigned(token, "asset-content"))
        id = UUID(place.request)
        created_at = EPOCH + timedelta(microseconds=place.created_at_us)
        bodies = body_store().get(BodyKey(place.organization_id, created_at, id))
        for asset in assets_of(id, bodies or Bodies(None, None), path=place.path, kind=place.kind):
            if str(asset.id) == place.asset:
                return _content(asset.source)
        raise NotFound(_NO_ASSET)


def _content(source: str) -> HttpResponse:
    found = _DATA_URL.match(source)
    media_type = found[1].lower() if found else ""
    try:
        content = base64.b64decode(source.partition(",")[2])
    except (binascii.Error, ValueError) as error:
        raise NotFound("The asset is not whole.") from error
    if media_type in _HARMLESS:
        return HttpResponse(content, content_type=media_type)
    headers = {"Content-Disposition": 'attachment; filename="asset"'}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


def _place(row: RequestRow, id: UUID) -> _Place:
    return _Place(row.organization_id, microseconds(row.created_at), str(row.id), row.path, row.kind, str(id))
