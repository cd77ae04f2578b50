"""Prompts themselves: made, renamed, tagged, deleted, listed."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.caller import caller_of
from helicone_app.prompts.serializers import (
    CreatedSerializer,
    CreateSerializer,
    PromptQuerySerializer,
    PromptSerializer,
    RenameSerializer,
    TagsSerializer,
    shown_prompt,
)
from helicone_app.prompts.view import PromptsView, WritingPromptsView
from helicone_app.requests.annotations import NOTHING
from helicone_app.view import asked, ok, result
from prompts_app import actions, queries
from requests_app.api_parameters import organization_id

_TEXTS = result("HeliconePromptTexts", serializers.ListField(child=serializers.CharField()))


class CreateView(WritingPromptsView):
    """A new prompt."""

    @extend_schema(
        operation_id="helicone_prompt_create",
        request=CreateSerializer,
        responses=result("HeliconePromptCreated", CreatedSerializer()),
        examples=[
            OpenApiExample(
                "With a variable",
                {
                    "name": "Support",
                    "tags": ["support"],
                    "promptBody": {
                        "model": "gpt-4o-mini",
                        "messages": [
                            {"role": "system", "content": "You help users of {{hc:product:string}}."}
                        ],
                    },
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: ApiRequest) -> Response:
        """Make a prompt. Its first version, 0.0, is in production."""
        said = asked(CreateSerializer, request)
        caller = caller_of(request)
        made = actions.create_prompt(
            organization=caller.organization,
            name=said["name"],
            tags=said["tags"],
            body=said["promptBody"],
            api_key=caller.api_key,
        )
        return ok({"id": made.code, "versionId": str(made.version_id)})


class QueryView(PromptsView):
    """Prompts by name and tag."""

    @extend_schema(
        operation_id="helicone_prompt_query",
        request=PromptQuerySerializer,
        responses=result("HeliconePrompts", PromptSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Newest first."""
        wanted = asked(PromptQuerySerializer, request)
        size = wanted["pageSize"]
        rows = queries.prompts(
            organization_id=organization_id(request),
            search=wanted["search"],
            tags=wanted["tagsFilter"],
            offset=wanted["page"] * size,
            limit=size,
        )
        return ok([shown_prompt(row) for row in rows])


class PromptView(PromptsView):
    """One prompt."""

    @extend_schema(operation_id="helicone_prompt", responses=result("HeliconePrompt", PromptSerializer()))
    def get(self, request: ApiRequest, prompt_id: str) -> Response:
        """A prompt without its versions."""
        found = queries.get_prompt(organization_id=organization_id(request), prompt_id=prompt_id)
        return ok(shown_prompt(found))


class RenameView(WritingPromptsView):
    """A prompt's name."""

    @extend_schema(operation_id="helicone_prompt_rename", request=RenameSerializer, responses=NOTHING)
    def post(self, request: ApiRequest, prompt_id: str) -> Response:
        """Rename a prompt; its id stays."""
        name = asked(RenameSerializer, request)["name"]
        actions.rename_prompt(organization_id=organization_id(request), prompt_id=prompt_id, name=name)
        return ok()


class PromptTagsView(WritingPromptsView):
    """A prompt's tags."""

    @extend_schema(operation_id="helicone_prompt_tag", request=TagsSerializer, responses=_TEXTS)
    def patch(self, request: ApiRequest, prompt_id: str) -> Response:
        """Give a prompt these tags and no others."""
        tags = asked(TagsSerializer, request)["tags"]
        organization = organization_id(request)
        return ok(actions.set_tags(organization_id=organization, prompt_id=prompt_id, tags=tags))


class DeleteView(WritingPromptsView):
    """A prompt that goes."""

    @extend_schema(operation_id="helicone_prompt_delete", responses={200: NOTHING})
    def delete(self, request: ApiRequest, prompt_id: str) -> Response:
        """Delete a prompt with its versions. What was logged stays."""
        actions.delete_prompt(organization_id=organization_id(request), prompt_id=prompt_id)
        return ok()


class TagsView(PromptsView):
    """Tags in use."""

    @extend_schema(operation_id="helicone_prompt_tags", responses=_TEXTS)
    def get(self, request: ApiRequest) -> Response:
        """The tags that prompts have."""
        return ok(queries.all_tags(organization_id=organization_id(request)))


class EnvironmentsView(PromptsView):
    """Environments in use."""

    @extend_schema(operation_id="helicone_prompt_environments", responses=_TEXTS)
    def get(self, request: ApiRequest) -> Response:
        """The names of environments that versions are in."""
        return ok(queries.all_environments(organization_id=organization_id(request)))


class CountView(PromptsView):
    """How many prompts there are."""

    @extend_schema(
        operation_id="helicone_prompt_count",
        responses=result("HeliconePromptCount", serializers.IntegerField()),
    )
    def get(self, request: ApiRequest) -> Response:
        """How many prompts there are."""
        return ok(queries.count_prompts(organization_id=organization_id(request)))
