"""`/api/requests/export/` streams a file at once; `/api/exports/` has it made in the background."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound, Throttled, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from requests_app.api_parameters import BODIES, FILTERS, flag, organization_id, refusals
from requests_app.export import store
from requests_app.export.file_format import Format
from requests_app.export.making import MAX_PICKED, BadExport, Order, read_order
from requests_app.export.models import Export, ExportState
from requests_app.export.places import NoPlace, in_a_place
from requests_app.export.streaming import streamed
from requests_app.export.views import download, get_export_or_404

CREATED = 201
SHOWN_EXPORTS = 100
_FIELDS_HELP = (
    "Names of fields separated by commas, also `property.<Name>` and `score.<name>`; all when left out."
)
_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
_FILE = {
    (200, kind.content_type): OpenApiResponse(OpenApiTypes.BINARY, description="The file.") for kind in Format
}


class AnyContent(BaseContentNegotiation):
    """`format` and `Accept` say nothing of how errors are written, which is JSON; files come as they are."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportOrderSerializer(serializers.Serializer[Any]):
    """What to export."""

    format = serializers.ChoiceField(choices=[format.value for format in Format])
    filters = serializers.DictField(
        required=False, help_text="The parameters of /api/requests/: texts, or lists of texts."
    )
    ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_empty=False,
        help_text=f"Ids of requests, at most {MAX_PICKED:,}, instead of filters.",
    )
    fields_ = serializers.CharField(required=False, help_text=_FIELDS_HELP)
    bodies = serializers.BooleanField(default=False)

    def get_fields(self) -> dict[str, Any]:
        """A serializer's own `fields` is in the way of a field of this name."""
        fields = super().get_fields()
        fields["fields"] = fields.pop("fields_")
        return fields


class ExportSerializer(serializers.Serializer[Any]):
    """An export that is made in the background."""

    id = serializers.UUIDField()
    format = serializers.CharField()
    query = serializers.CharField(
        help_text="The filter, as /api/requests/ takes it, with its period fixed; empty where ids were given."
    )
    picked = serializers.IntegerField(allow_null=True, help_text="How many ids were given.")
    bodies = serializers.BooleanField(source="with_bodies")
    state = serializers.ChoiceField(choices=ExportState.choices)
    error = serializers.CharField(help_text="Why it failed, else empty.")
    rows_done = serializers.IntegerField()
    rows_about = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted.")


class RequestExportViewSet(viewsets.ViewSet):
    """Requests as a file, streamed."""

    content_negotiation_class = AnyContent

    @extend_schema(
        operation_id="requests_export",
        parameters=[
            OpenApiParameter("format", OpenApiTypes.STR, enum=list(Format), required=True),
            OpenApiParameter("fields", OpenApiTypes.STR, description=_FIELDS_HELP),
            BODIES,
            *FILTERS,
        ],
        responses=_FILE,
    )
    def list(self, request: ApiRequest) -> HttpResponseBase:
        """All that matches until now, oldest first, while it is read. An answer that ends too early is broken off.

        429 while four others are streamed to the organization: order a file at /api/exports/ then.
        """
        parameters = request.query_params
        order = _order(
            format=parameters.get("format", ""),
            fields=parameters.get("fields", ""),
            with_bodies=flag(parameters, "bodies"),
            filters=parameters,
        )
        id = organization_id(request)
        try:
            with refusals():
                return streamed(
                    in_a_place(id, order.chunks(order.batches(id))),
                    content_type=order.format.content_type,
                    filename=f"requests.{order.format.extension}",
                )
        except NoPlace as error:
            raise Throttled(detail=str(error)) from error


class ExportViewSet(viewsets.ViewSet):
    """Exports that are made in the background, of the caller's organization."""

    serializer_class: ClassVar = ExportSerializer
    content_negotiation_class = AnyContent

    @extend_schema(operation_id="exports_list", responses=ExportSerializer(many=True))
    def list(self, request: ApiRequest) -> Response:
        """The newest hundred, newest first."""
        return Response(
            ExportSerializer(store.exports_of(_organization(request))[:SHOWN_EXPORTS], many=True).data
        )

    @extend_schema(
        operation_id="exports_create",
        request=ExportOrderSerializer,
        responses={CREATED: ExportSerializer},
        examples=[
            OpenApiExample(
                "Errors of a week in production",
                {
                    "format": "parquet",
                    "bodies": True,
                    "filters": {"range": "7d", "status": "error", "property.Environment": "production"},
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: ApiRequest) -> Response:
        """Order a file. Ask for it again until its state is `done`, then download it."""
        given = ExportOrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        if "ids" in asked and "filters" in asked:
            raise ValidationError({"ids": ["Give ids or filters, not both."]})
        caller: Any = request.user
        try:
            export = store.order_export(
                organization=_organization(request),
                actor=caller.user,
                format=asked["format"],
                fields=asked.get("fields", ""),
                with_bodies=asked["bodies"],
                filters=_query(asked.get("filters", {})),
                ids=asked.get("ids", ()),
            )
        except BadExport as error:
            raise ValidationError(error.errors) from error
        except store.TooManyExports as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response(ExportSerializer(export).data, status=CREATED)

    @extend_schema(operation_id="exports_retrieve", parameters=[_ID], responses=ExportSerializer)
    def retrieve(self, request: ApiRequest, id: UUID) -> Response:
        """How far it is."""
        return Response(ExportSerializer(_export(request, id)).data)

    @extend_schema(operation_id="exports_cancel", parameters=[_ID], responses=ExportSerializer)
    def destroy(self, request: ApiRequest, id: UUID) -> Response:
        """Cancel one that is not finished; else nothing changes."""
        export = _export(request, id)
        store.cancel_export(export)
        export.refresh_from_db()
        return Response(ExportSerializer(export).data)

    @extend_schema(operation_id="exports_download", parameters=[_ID], responses=_FILE)
    def download(self, request: ApiRequest, id: UUID) -> HttpResponseBase:
        """The file; 404 as long as there is none, 410 when it was deleted."""
        try:
            return download(_export(request, id))
        except Http404 as error:
            raise NotFound("This export is not done.") from error


def _organization(request: ApiRequest) -> Any:
    caller: Any = request.user  # an accounts_app.authentication.ApiCaller: the permission saw to it
    return caller.organization


def _export(request: ApiRequest, id: UUID) -> Export:
    try:
        return get_export_or_404(_organization(request), id)
    except Http404 as error:
        raise NotFound("There is no export with this id.") from error


def _order(**asked: Any) -> Order:
    try:
        return read_order(**asked)
    except BadExport as error:
        raise ValidationError(error.errors) from error


def _query(filters: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        query.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return query
