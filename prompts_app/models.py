"""Stored prompts (contract 4.6). Written by `actions` only; gateways are told of every change there."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import ApiKey, Organization


class Prompt(models.Model):
    """A prompt by the id that callers know: what it says is in its versions."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="prompts", db_index=False
    )
    code = models.CharField(max_length=6, help_text="Its id on the wire, six letters and digits.")
    name = models.TextField()
    tags = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "prompt"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "code"], name="prompt_code_once"),
            models.CheckConstraint(
                condition=models.Q(code__regex="^[0-9A-Za-z]{6}$"), name="prompt_code_form"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="prompt_list"
            ),  # queries.prompts
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class PromptVersion(models.Model):
    """What a prompt says, numbered `major.minor`. Never changed, only followed by others."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # The same organization as the prompt's, which sql/0001_same_prompt.sql sees to.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    commit_message = models.TextField()
    body = models.TextField(
        help_text="The JSON of a chat completion with tags. As text: the order of its keys counts."
    )
    model = models.TextField(help_text="Copied from the body; empty where that names none.")
    created_by = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "prompt_version"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "prompt", "major", "minor"], name="prompt_version_number_once"
            ),
            # What environments refer to.
            models.UniqueConstraint(fields=["organization", "prompt", "id"], name="prompt_version_of_prompt"),
        ]

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class PromptEnvironment(models.Model):
    """Which version of a prompt an environment has. `production` is there as long as the prompt is."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="environments")
    name = models.TextField()
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="environments")

    class Meta:
        db_table = "prompt_environment"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "prompt", "name"], name="prompt_environment_once"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="prompt_environment_named"),
        ]

    def __str__(self) -> str:
        return self.name
