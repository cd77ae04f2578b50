"""What the calls about stored prompts say, and what they are answered."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from helicone_app.signed import SignedUrls
from helicone_app.times import iso
from prompts_app.actions import MAX_NAME_CHARACTERS, MAX_TAGS, MAX_TEXT_CHARACTERS
from prompts_app.queries import PromptRow, VersionRow
from requests_app.body_value import json_or_text

MAX_PAGE_SIZE = 1000
_MAX_PAGE = 1_000_000
_MAX_MAJOR = 2**31 - 1


class PromptBodyField(serializers.DictField):
    """A chat completion's body, with tags."""


class NameField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NAME_CHARACTERS, **kwargs)


class TagsField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=NameField(allow_blank=True), max_length=MAX_TAGS, **kwargs)


class CreateSerializer(serializers.Serializer[Any]):
    """A new prompt."""

    name = NameField()
    tags = TagsField(default=list)
    promptBody = PromptBodyField()


class RenameSerializer(serializers.Serializer[Any]):
    name = NameField()


class TagsSerializer(serializers.Serializer[Any]):
    tags = TagsField()


class PromptQuerySerializer(serializers.Serializer[Any]):
    """Which prompts, and which page of them, from 0."""

    search = serializers.CharField(default="", allow_blank=True, max_length=MAX_NAME_CHARACTERS)
    tagsFilter = TagsField(default=list, help_text="Those that have one of them.")
    page = serializers.IntegerField(default=0, min_value=0, max_value=_MAX_PAGE)
    pageSize = serializers.IntegerField(default=10, min_value=1, max_value=MAX_PAGE_SIZE)


class PromptSerializer(serializers.Serializer[Any]):
    """A prompt without its versions."""

    id = serializers.CharField(help_text="Six letters and digits: the prompt_id of calls.")
    name = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class CreatedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    versionId = serializers.CharField()


class UpdateSerializer(serializers.Serializer[Any]):
    """A new version, after another."""

    promptId = serializers.CharField()
    promptVersionId = serializers.CharField(help_text="The version that it follows.")
    newMajorVersion = serializers.BooleanField(default=False)
    environment = NameField(required=False, allow_null=True, allow_blank=True, help_text="Gets the new one.")
    commitMessage = serializers.CharField(default="", allow_blank=True, max_length=MAX_TEXT_CHARACTERS)
    promptBody = PromptBodyField()


class UpdatedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()


class EnvironmentSerializer(serializers.Serializer[Any]):
    promptId = serializers.CharField()
    promptVersionId = serializers.CharField()
    environment = NameField()


class VersionQuerySerializer(serializers.Serializer[Any]):
    promptVersionId = serializers.CharField()


class EnvironmentQuerySerializer(serializers.Serializer[Any]):
    promptId = serializers.CharField()
    environment = NameField()


class PromptIdSerializer(serializers.Serializer[Any]):
    promptId = serializers.CharField()


class VersionsQuerySerializer(PromptIdSerializer):
    majorVersion = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=_MAX_MAJOR
    )


class VersionSerializer(serializers.Serializer[Any]):
    """A version of a prompt."""

    id = serializers.CharField()
    model = serializers.CharField(allow_blank=True, help_text="The body's; empty where it names none.")
    prompt_id = serializers.CharField()
    major_version = serializers.IntegerField()
    minor_version = serializers.IntegerField()
    commit_message = serializers.CharField(allow_blank=True)
    environments = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    s3_url = serializers.URLField(help_text="Where its body is read without a key, for half an hour.")
    prompt_body = PromptBodyField(allow_null=True, help_text="Below /v2/ only.")


class VersionCountsSerializer(serializers.Serializer[Any]):
    totalVersions = serializers.IntegerField()
    majorVersions = serializers.IntegerField(help_text="The highest.")


class InputsSerializer(serializers.Serializer[Any]):
    """What a call filled its prompt in with."""

    request_id = serializers.CharField()
    version_id = serializers.CharField()
    environment = serializers.CharField(allow_null=True)
    inputs = serializers.DictField()


class RequestInputsSerializer(serializers.Serializer[Any]):
    """The same, by the request alone."""

    inputs = serializers.DictField()
    prompt_id = serializers.CharField()
    version_id = serializers.CharField()
    environment = serializers.CharField(allow_null=True)


def shown_prompt(row: PromptRow) -> dict[str, Any]:
    """Returns a prompt as Helicone's API has it."""
    return {"id": row.id, "name": row.name, "tags": row.tags, "created_at": iso(row.created_at)}


def shown_version(
    row: VersionRow, organization_id: int, urls: SignedUrls, *, with_body: bool = False
) -> dict[str, Any]:
    """Returns a version as Helicone's API has it, with urls of the view "prompt-bodies"."""
    return {
        "id": str(row.id),
        "model": row.model,
        "prompt_id": row.prompt_id,
        "major_version": row.major_version,
        "minor_version": row.minor_version,
        "commit_message": row.commit_message,
        "environments": row.environments,
        "created_at": iso(row.created_at),
        "s3_url": urls.of([organization_id, str(row.id)]),
        "prompt_body": body_of(row) if with_body else None,
    }


def body_of(row: VersionRow) -> Mapping[str, Any]:
    """Returns the body of a version."""
    body: Mapping[str, Any] = json_or_text(row.body.encode())
    return body
