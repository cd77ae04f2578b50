"""`/v1/helicone-dataset`: lists of requests (contract 4.7)."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app.secrets import UndecryptableSecret
from datasets_app import actions, queries
from datasets_app.actions import EditTooLarge
from datasets_app.models import Dataset
from datasets_app.queries import DatasetNotFound, Edited, ListedRow, RowNotFound
from helicone_app.caller import caller_of
from helicone_app.fields import StoredJsonField, id_parameter, uuid_of
from helicone_app.requests.annotations import NOTHING
from helicone_app.requests.bodies import as_json
from helicone_app.requests.serializers import AnyField
from helicone_app.signed import SignedUrls, unsigned
from helicone_app.times import iso
from helicone_app.view import HeliconeView, NotFound, PublicView, Refused, asked, ok, result
from ingest_app.bodies import body_store
from requests_app.api_parameters import organization_id
from requests_app.queries import MAX_LIMIT

_ID = id_parameter("dataset_id")
_MAX_OFFSET = 2**53
_BODIES = "dataset-bodies"
_GONE = "The request is no longer kept."


class RequestIdsField(serializers.ListField):
    """Ids of requests, their clients' or ours."""

    child = serializers.CharField(max_length=2000)


class NewDatasetSerializer(serializers.Serializer[Any]):
    """A new dataset."""

    datasetName = serializers.CharField(max_length=Dataset._meta.get_field("name").max_length)
    requestIds = RequestIdsField(max_length=MAX_LIMIT, default=list)
    meta = StoredJsonField(allow_null=True, default=None, help_text="Yours; it is handed back.")


class DatasetQuerySerializer(serializers.Serializer[Any]):
    """Which datasets."""

    datasetIds = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_null=True, max_length=MAX_LIMIT
    )


class DatasetPageSerializer(serializers.Serializer[Any]):
    """Which of the rows."""

    offset = serializers.IntegerField(default=0, min_value=0, max_value=_MAX_OFFSET)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MAX_LIMIT)


class DatasetChangeSerializer(serializers.Serializer[Any]):
    """What goes in, and what comes out."""

    addRequests = RequestIdsField(max_length=MAX_LIMIT, default=list)
    removeRequests = RequestIdsField(
        max_length=MAX_LIMIT, default=list, help_text="Ids of rows, or of their requests."
    )


class DatasetEditSerializer(serializers.Serializer[Any]):
    """What is read in place of the bodies."""

    requestBody = StoredJsonField(allow_null=True)
    responseBody = StoredJsonField(allow_null=True)


class DatasetSerializer(serializers.Serializer[Any]):
    """A dataset."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    dataset_type = serializers.CharField(help_text="helicone")
    meta = AnyField(allow_null=True)
    organization = serializers.CharField()
    requests_count = serializers.IntegerField()


class DatasetRowSerializer(serializers.Serializer[Any]):
    """A request in a dataset."""

    id = serializers.UUIDField()
    origin_request_id = serializers.CharField()
    dataset_id = serializers.UUIDField()
    created_at = serializers.DateTimeField(help_text="When it was added.")
    signed_url = result("HeliconeDatasetRowUrl", serializers.URLField())


class _DatasetsView(HeliconeView):
    """404 for a dataset, or a row of it, that the organization does not have."""

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case DatasetNotFound():
                exc = NotFound("There is no dataset with this id.")
            case RowNotFound():
                exc = NotFound("The dataset has no such request.")
            case EditTooLarge():
                exc = Refused(f"At most {actions.MAX_EDITED_BYTES >> 20} MiB can be stored.")
        return super().handle_exception(exc)


class _WritingDatasetsView(_DatasetsView):
    writing = frozenset({"post"})


class CreateDatasetView(_WritingDatasetsView):
    """A new dataset."""

    @extend_schema(
        operation_id="helicone_dataset_create",
        request=NewDatasetSerializer,
        responses=result(
            "HeliconeDatasetCreated",
            inline_serializer("HeliconeDatasetId", {"datasetId": serializers.UUIDField()}),
        ),
    )
    def post(self, request: ApiRequest) -> Response:
        """Make one of requests that there are."""
        said = asked(NewDatasetSerializer, request)
        dataset = actions.create_dataset(
            organization=caller_of(request).organization,
            name=said["datasetName"],
            request_ids=said["requestIds"],
            meta=said["meta"],
        )
        return ok({"datasetId": str(dataset.id)})


class DatasetsView(_DatasetsView):
    """The datasets of the organization."""

    @extend_schema(
        operation_id="helicone_datasets",
        request=DatasetQuerySerializer,
        responses=result("HeliconeDatasets", DatasetSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """All, or those with these ids, newest first."""
        # As there, no ids mean all.
        ids = asked(DatasetQuerySerializer, request).get("datasetIds") or None
        return ok([_shown(listed) for listed in queries.datasets(organization_id(request), ids)])


class DatasetRowsView(_DatasetsView):
    """What is in a dataset."""

    @extend_schema(
        operation_id="helicone_dataset_rows",
        parameters=[_ID],
        request=DatasetPageSerializer,
        responses=result("HeliconeDatasetRows", DatasetRowSerializer(many=True)),
    )
    def post(self, request: ApiRequest, dataset_id: str) -> Response:
        """A part of the rows, those that were added last first."""
        page, dataset = asked(DatasetPageSerializer, request), _dataset(request, dataset_id)
        urls = SignedUrls(request, _BODIES)
        found = queries.rows(dataset, offset=page["offset"], limit=page["limit"])
        return ok([_shown_row(row, dataset.organization_id, urls) for row in found])


class DatasetCountView(_DatasetsView):
    """How much is in a dataset."""

    @extend_schema(
        operation_id="helicone_dataset_count",
        parameters=[_ID],
        request=None,
        responses=result("HeliconeDatasetCount", serializers.IntegerField()),
    )
    def post(self, request: ApiRequest, dataset_id: str) -> Response:
        """How many requests."""
        return ok(queries.count(_dataset(request, dataset_id)))


class DatasetChangeView(_WritingDatasetsView):
    """What is in a dataset, changed."""

    @extend_schema(
        operation_id="helicone_dataset_mutate",
        parameters=[_ID],
        request=DatasetChangeSerializer,
        responses=NOTHING,
    )
    def post(self, request: ApiRequest, dataset_id: str) -> Response:
        """Add requests and remove some: all of it or nothing."""
        said, dataset = asked(DatasetChangeSerializer, request), _dataset(request, dataset_id)
        actions.change_rows(dataset=dataset, added=said["addRequests"], removed=said["removeRequests"])
        return ok()


class DatasetEditView(_WritingDatasetsView):
    """A request as the dataset has it."""

    @extend_schema(
        operation_id="helicone_dataset_edit",
        parameters=[
            _ID,
            OpenApiParameter(
                "request_id",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                description="The id of the row, or of its request.",
            ),
        ],
        request=DatasetEditSerializer,
        responses=NOTHING,
    )
    def post(self, request: ApiRequest, dataset_id: str, request_id: str) -> Response:
        """Put these in place of its bodies, in this dataset only."""
        said, dataset = asked(DatasetEditSerializer, request), _dataset(request, dataset_id)
        actions.edit_row(
            dataset=dataset, name=request_id, edited=Edited(said["requestBody"], said["responseBody"])
        )
        return ok()


class DatasetDeleteView(_WritingDatasetsView):
    """A dataset that is no longer wanted."""

    @extend_schema(operation_id="helicone_dataset_delete", parameters=[_ID], request=None, responses=NOTHING)
    def post(self, request: ApiRequest, dataset_id: str) -> Response:
        """Delete the list; its requests stay."""
        actions.delete_dataset(dataset=_dataset(request, dataset_id))
        return ok()


class DatasetBodiesView(PublicView):
    """What `signed_url` of a row leads to."""

    @extend_schema(
        operation_id="helicone_dataset_bodies",
        auth=[],
        responses=OpenApiResponse(
            OpenApiTypes.OBJECT, description="`request` and `response`, each as JSON or as text."
        ),
    )
    def get(self, request: ApiRequest, token: str) -> Response:
        """The bodies as the dataset has them, for half an hour after the address was made."""
        organization, row_id = unsigned(token, _BODIES)
        try:
            row = queries.row_of(organization, uuid_of(row_id, "row"))
            edited = queries.edited(row)
        except RowNotFound as error:
            raise NotFound(_GONE) from error
        except UndecryptableSecret as error:
            raise Refused("What was edited cannot be read: HELICONE_SECRET_KEY was changed.") from error
        bodies = body_store().get(queries.body_key(row))
        if bodies is None:
            raise NotFound(_GONE)
        if edited is not None:
            return Response({"request": edited.request, "response": edited.response})
        return Response(as_json(bodies))


def _dataset(request: ApiRequest, dataset_id: str) -> Dataset:
    return queries.dataset_of(organization_id(request), uuid_of(dataset_id, "dataset"))


def _shown(listed: queries.ListedDataset) -> dict[str, Any]:
    dataset = listed.dataset
    return {
        "id": str(dataset.id),
        "name": dataset.name,
        "created_at": iso(dataset.created_at),
        "dataset_type": "helicone",
        "meta": dataset.meta,
        "organization": str(dataset.organization_id),
        "requests_count": listed.row_count,
    }


def _shown_row(row: ListedRow, organization: int, urls: SignedUrls) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "origin_request_id": row.request_id,
        "dataset_id": str(row.dataset_id),
        "created_at": iso(row.created_at),
        "signed_url": {"data": urls.of([organization, str(row.id)]), "error": None},
    }
