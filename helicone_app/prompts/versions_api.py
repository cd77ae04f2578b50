"""Versions of prompts: added, put into environments, deleted, read."""

from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from gateway_app.prompts.stored import PRODUCTION
from helicone_app.caller import caller_of
from helicone_app.prompts.serializers import (
    EnvironmentQuerySerializer,
    EnvironmentSerializer,
    PromptBodyField,
    PromptIdSerializer,
    UpdatedSerializer,
    UpdateSerializer,
    VersionCountsSerializer,
    VersionQuerySerializer,
    VersionSerializer,
    VersionsQuerySerializer,
    body_of,
)
from helicone_app.prompts.view import BODIES, PromptsView, WritingPromptsView, many, one
from helicone_app.requests.annotations import NOTHING
from helicone_app.signed import unsigned
from helicone_app.view import NotFound, PublicView, asked, ok, result
from prompts_app import actions, queries
from requests_app.api_parameters import organization_id

_VERSION = result("HeliconePromptVersion", VersionSerializer())


class UpdateView(WritingPromptsView):
    """A new version."""

    @extend_schema(
        operation_id="helicone_prompt_update",
        request=UpdateSerializer,
        responses=result("HeliconePromptUpdated", UpdatedSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Add a version: the next major one, or the next minor one of the version that it follows."""
        said = asked(UpdateSerializer, request)
        version_id = actions.add_version(
            organization_id=organization_id(request),
            prompt_id=said["promptId"],
            after_version_id=said["promptVersionId"],
            is_major=said["newMajorVersion"],
            body=said["promptBody"],
            commit_message=said["commitMessage"],
            environment=said.get("environment") or "",
            api_key=caller_of(request).api_key,
        )
        return ok({"id": str(version_id)})


class SetEnvironmentView(WritingPromptsView):
    """A version that an environment gets."""

    @extend_schema(
        operation_id="helicone_prompt_set_environment", request=EnvironmentSerializer, responses=NOTHING
    )
    def post(self, request: ApiRequest) -> Response:
        """Let an environment have this version, and no other of the prompt."""
        said = asked(EnvironmentSerializer, request)
        actions.set_environment(
            organization_id=organization_id(request),
            prompt_id=said["promptId"],
            version_id=said["promptVersionId"],
            environment=said["environment"],
        )
        return ok()


class RemoveEnvironmentView(WritingPromptsView):
    """A version that leaves an environment."""

    @extend_schema(
        operation_id="helicone_prompt_remove_environment", request=EnvironmentSerializer, responses=NOTHING
    )
    def post(self, request: ApiRequest) -> Response:
        """Take a version out of an environment. Not out of production: that always has one."""
        said = asked(EnvironmentSerializer, request)
        actions.remove_environment(
            organization_id=organization_id(request),
            prompt_id=said["promptId"],
            version_id=said["promptVersionId"],
            environment=said["environment"],
        )
        return ok()


class DeleteVersionView(WritingPromptsView):
    """A version that goes."""

    @extend_schema(operation_id="helicone_prompt_version_delete", responses={200: NOTHING})
    def delete(self, request: ApiRequest, prompt_id: str, version_id: str) -> Response:
        """Delete a version that is not in production."""
        actions.delete_version(
            organization_id=organization_id(request), prompt_id=prompt_id, version_id=version_id
        )
        return ok()


class _OneVersionView(PromptsView):
    with_body: ClassVar[bool] = False


class VersionView(_OneVersionView):
    """A version by its id."""

    @extend_schema(operation_id="helicone_prompt_version", request=VersionQuerySerializer, responses=_VERSION)
    def post(self, request: ApiRequest) -> Response:
        """A version by its id."""
        wanted = asked(VersionQuerySerializer, request)["promptVersionId"]
        found = queries.get_version(organization_id=organization_id(request), version_id=wanted)
        return one(request, found, with_body=self.with_body)


class EnvironmentVersionView(_OneVersionView):
    """The version in an environment."""

    @extend_schema(
        operation_id="helicone_prompt_environment_version",
        request=EnvironmentQuerySerializer,
        responses=_VERSION,
    )
    def post(self, request: ApiRequest) -> Response:
        """The version that an environment has."""
        said = asked(EnvironmentQuerySerializer, request)
        found = queries.get_environment_version(
            organization_id=organization_id(request),
            prompt_id=said["promptId"],
            environment=said["environment"],
        )
        return one(request, found, with_body=self.with_body)


class ProductionVersionView(_OneVersionView):
    """The version in production."""

    @extend_schema(
        operation_id="helicone_prompt_production_version", request=PromptIdSerializer, responses=_VERSION
    )
    def post(self, request: ApiRequest) -> Response:
        """The version in production."""
        wanted = asked(PromptIdSerializer, request)["promptId"]
        found = queries.get_environment_version(
            organization_id=organization_id(request), prompt_id=wanted, environment=PRODUCTION
        )
        return one(request, found, with_body=self.with_body)


@extend_schema_view(post=extend_schema(operation_id="helicone_prompt_version_v2"))
class VersionWithBodyView(VersionView):
    """A version by its id, with its body."""

    with_body = True


@extend_schema_view(post=extend_schema(operation_id="helicone_prompt_environment_version_v2"))
class EnvironmentVersionWithBodyView(EnvironmentVersionView):
    """The version in an environment, with its body."""

    with_body = True


@extend_schema_view(post=extend_schema(operation_id="helicone_prompt_production_version_v2"))
class ProductionVersionWithBodyView(ProductionVersionView):
    """The version in production, with its body."""

    with_body = True


class VersionsView(PromptsView):
    """Versions of a prompt."""

    @extend_schema(
        operation_id="helicone_prompt_versions",
        request=VersionsQuerySerializer,
        responses=result("HeliconePromptVersions", VersionSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Newest first, at most a thousand."""
        wanted = asked(VersionsQuerySerializer, request)
        found = queries.versions(
            organization_id=organization_id(request),
            prompt_id=wanted["promptId"],
            major=wanted.get("majorVersion"),
        )
        return many(request, found)


class TotalVersionsView(PromptsView):
    """How many versions a prompt has."""

    @extend_schema(
        operation_id="helicone_prompt_total_versions",
        request=PromptIdSerializer,
        responses=result("HeliconePromptTotalVersions", VersionCountsSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """How many versions a prompt has, and the highest major number."""
        wanted = asked(PromptIdSerializer, request)["promptId"]
        counts = queries.count_versions(organization_id=organization_id(request), prompt_id=wanted)
        return ok({"totalVersions": counts.total_versions, "majorVersions": counts.major_versions})


class PromptBodyView(PromptsView):
    """The body of a version."""

    @extend_schema(
        operation_id="helicone_prompt_body", responses=result("HeliconePromptBody", PromptBodyField())
    )
    def get(self, request: ApiRequest, version_id: str) -> Response:
        """The body of a version, as it was stored."""
        found = queries.get_version(organization_id=organization_id(request), version_id=version_id)
        return ok(body_of(found))


class SignedPromptBodyView(PublicView):
    """What `s3_url` leads to."""

    @extend_schema(
        operation_id="helicone_signed_prompt_body",
        auth=[],
        responses=OpenApiResponse(
            OpenApiTypes.OBJECT, description="The body of a version, as it was stored."
        ),
    )
    def get(self, request: ApiRequest, token: str) -> Response:
        """The body of one version, for half an hour after the address was made."""
        organization, version_id = unsigned(token, BODIES)
        try:
            found = queries.get_version(organization_id=organization, version_id=version_id)
        except queries.VersionNotFound as error:
            raise NotFound("The version was deleted.") from error
        return Response(body_of(found))
