"""What logged calls filled their prompts in with: by the version, or by the request alone."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.prompts.inputs import prompt_inputs
from helicone_app.prompts.serializers import InputsSerializer, RequestInputsSerializer
from helicone_app.prompts.view import PromptsView
from helicone_app.view import HeliconeView, NotFound, ValidationError, ok, result
from requests_app.api_parameters import organization_id

_EITHER_ID = "Helicone-Id, or the client's own Helicone-Request-Id (then the newest with it)."


class InputsView(PromptsView):
    """The inputs of a call of a version."""

    @extend_schema(
        operation_id="helicone_prompt_inputs",
        parameters=[OpenApiParameter("requestId", OpenApiTypes.STR, required=True, description=_EITHER_ID)],
        responses=result("HeliconePromptInputs", InputsSerializer()),
    )
    def get(self, request: ApiRequest, prompt_id: str, version_id: str) -> Response:
        """The inputs of a call of this version."""
        request_id = request.query_params.get("requestId", "")
        if not request_id:
            raise ValidationError({"requestId": ["Give the id of a request."]})
        found = prompt_inputs(organization_id=organization_id(request), request_id=request_id)
        if found is None or (found.prompt_id, found.version_id) != (prompt_id, version_id):
            raise NotFound("The request has no inputs of this version.")
        return ok(
            {
                "request_id": found.request_id,
                "version_id": found.version_id,
                "environment": found.environment,
                "inputs": found.inputs,
            }
        )


class RequestInputsView(HeliconeView):
    """The prompt of a call, and its inputs."""

    @extend_schema(
        operation_id="helicone_request_inputs",
        parameters=[
            OpenApiParameter("request_id", OpenApiTypes.STR, OpenApiParameter.PATH, description=_EITHER_ID)
        ],
        responses=result("HeliconeRequestInputs", RequestInputsSerializer(allow_null=True)),
    )
    def get(self, request: ApiRequest, request_id: str) -> Response:
        """The stored prompt of a call, and its inputs; null for a call without one."""
        found = prompt_inputs(organization_id=organization_id(request), request_id=request_id)
        if found is None:
            return ok()
        return ok(
            {
                "inputs": found.inputs,
                "prompt_id": found.prompt_id,
                "version_id": found.version_id,
                "environment": found.environment,
            }
        )
