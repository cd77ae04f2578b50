"""Every write to stored prompts. Each function owns its transaction and tells the gateways after commit."""

import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max

from accounts_app.models import ApiKey, Organization
from gateway_app.prompts.stored import CHANGED_CHANNEL, PRODUCTION
from helicone_site.redis_client import publish_on_commit
from prompts_app.models import Prompt, PromptEnvironment, PromptVersion
from prompts_app.queries import PromptNotFound, prompt_of, version_of

CODE_CHARACTERS = string.digits + string.ascii_letters
CODE_LENGTH = 6
MAX_NAME_CHARACTERS = 200
MAX_TAGS = 100
MAX_TEXT_CHARACTERS = 10_000
MAX_BODY_BYTES = 1 << 20
MAX_DEPTH = 100  # of lists and objects in each other: what is deeper, not every reader of JSON reads
FIRST_COMMIT = "First version."


class BadPrompt(Exception):
    """What cannot be stored. `str()` of it says why."""


class InProduction(Exception):
    """A prompt always has a production version."""

    def __str__(self) -> str:
        return "This version is in production: put another one there first."


class NewPrompt(NamedTuple):
    """A prompt that was made, and its first version."""

    code: str
    version_id: UUID


@transaction.atomic
def create_prompt(
    *,
    organization: Organization,
    name: str,
    tags: Iterable[str],
    body: Mapping[str, Any],
    api_key: ApiKey | None = None,
) -> NewPrompt:
    """Returns a new prompt with a first version, 0.0, which is in production. Raises BadPrompt."""
    text = _checked_body(body)
    prompt = Prompt.objects.create(
        organization=organization,
        code=_free_code(organization),
        name=_checked_name(name),
        tags=_checked_tags(tags),
    )
    version = PromptVersion.objects.create(
        organization=organization,
        prompt=prompt,
        major=0,
        minor=0,
        commit_message=FIRST_COMMIT,
        body=text,
        model=_model(body),
        created_by=api_key,
    )
    _put(version, PRODUCTION)
    publish_on_commit(CHANGED_CHANNEL)
    return NewPrompt(prompt.code, version.id)


@transaction.atomic
def rename_prompt(*, organization_id: int, prompt_id: str, name: str) -> None:
    """Raises PromptNotFound, BadPrompt."""
    prompt = prompt_of(organization_id, prompt_id)
    prompt.name = _checked_name(name)
    prompt.save(update_fields=["name"])


@transaction.atomic
def set_tags(*, organization_id: int, prompt_id: str, tags: Iterable[str]) -> list[str]:
    """Give the prompt these tags and no others. Returns them, each once. Raises PromptNotFound, BadPrompt."""
    prompt = prompt_of(organization_id, prompt_id)
    prompt.tags = _checked_tags(tags)
    prompt.save(update_fields=["tags"])
    return prompt.tags


@transaction.atomic
def add_version(
    *,
    organization_id: int,
    prompt_id: str,
    after_version_id: str,
    is_major: bool,
    body: Mapping[str, Any],
    commit_message: str = "",
    environment: str = "",
    api_key: ApiKey | None = None,
) -> UUID:
    """Returns the id of a new version, which `environment` has from now on, if one is named.

    It is the next major one, or the next minor one of the major number that `after_version_id` has. Raises
    PromptNotFound, VersionNotFound, BadPrompt.
    """
    text = _checked_body(body)
    prompt = _locked(organization_id, prompt_id)
    before = version_of(organization_id, after_version_id, prompt_id)
    major, minor = before.major, 0
    of_prompt = PromptVersion.objects.filter(organization_id=organization_id, prompt=prompt)
    if is_major:
        major = of_prompt.aggregate(highest=Max("major"))["highest"] + 1
    else:
        minor = of_prompt.filter(major=major).aggregate(highest=Max("minor"))["highest"] + 1
    version = PromptVersion.objects.create(
        organization_id=organization_id,
        prompt=prompt,
        major=major,
        minor=minor,
        commit_message=_checked_text(commit_message, "A commit message", MAX_TEXT_CHARACTERS),
        body=text,
        model=_model(body),
        created_by=api_key,
    )
    if environment:
        _put(version, environment)
    publish_on_commit(CHANGED_CHANNEL)
    return version.id


@transaction.atomic
def set_environment(*, organization_id: int, prompt_id: str, version_id: str, environment: str) -> None:
    """Let `environment` have this version from now on. Raises PromptNotFound, VersionNotFound, BadPrompt."""
    _locked(organization_id, prompt_id)
    _put(version_of(organization_id, version_id, prompt_id), environment)
    publish_on_commit(CHANGED_CHANNEL)


@transaction.atomic
def remove_environment(*, organization_id: int, prompt_id: str, version_id: str, environment: str) -> None:
    """Take the version out of `environment`, if it is there. Raises PromptNotFound, VersionNotFound, InProduction."""
    _locked(organization_id, prompt_id)
    version = version_of(organization_id, version_id, prompt_id)
    found = version.environments.filter(name=environment)
    if environment == PRODUCTION and found.exists():
        raise InProduction
    found.delete()
    publish_on_commit(CHANGED_CHANNEL)


@transaction.atomic
def delete_prompt(*, organization_id: int, prompt_id: str) -> None:
    """Delete the prompt with its versions; requests that were made of it stay. Raises PromptNotFound."""
    _locked(organization_id, prompt_id).delete()
    publish_on_commit(CHANGED_CHANNEL)


@transaction.atomic
def delete_version(*, organization_id: int, prompt_id: str, version_id: str) -> None:
    """Delete a version, also where environments have it. Raises PromptNotFound, VersionNotFound, InProduction."""
    _locked(organization_id, prompt_id)
    version = version_of(organization_id, version_id, prompt_id)
    if version.environments.filter(name=PRODUCTION).exists():
        raise InProduction
    version.delete()
    publish_on_commit(CHANGED_CHANNEL)


def _locked(organization_id: int, prompt_id: str) -> Prompt:
    """Returns the prompt, whose versions and environments nobody else changes until the transaction ends."""
    prompt_of(organization_id, prompt_id)
    locked = (
        Prompt.objects.select_for_update().filter(organization_id=organization_id, code=prompt_id).first()
    )
    if locked is None:  # deleted since we looked
        raise PromptNotFound(prompt_id)
    return locked


def _put(version: PromptVersion, environment: str) -> None:
    name = _checked_text(environment, "An environment", MAX_NAME_CHARACTERS).strip()
    if not name:
        raise BadPrompt("An environment has a name.")
    PromptEnvironment.objects.update_or_create(
        organization_id=version.organization_id,
        prompt_id=version.prompt_id,
        name=name,
        defaults={"version": version},
    )


def _free_code(organization: Organization) -> str:
    while True:
        code = "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
        if not Prompt.objects.filter(organization=organization, code=code).exists():
            return code


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""


def _checked_name(name: str) -> str:
    name = _checked_text(name, "A name", MAX_NAME_CHARACTERS).strip()
    if not name:
        raise BadPrompt("A prompt has a name.")
    return name


def _checked_tags(tags: Iterable[str]) -> list[str]:
    """Returns the tags in their order, each once, without those that are empty."""
    checked = (_checked_text(tag, "A tag", MAX_NAME_CHARACTERS).strip() for tag in tags)
    once = list(dict.fromkeys(tag for tag in checked if tag))
    if len(once) > MAX_TAGS:
        raise BadPrompt(f"A prompt has at most {MAX_TAGS} tags.")
    return once


def _checked_text(text: str, what: str, most: int) -> str:
    if len(text) > most:
        raise BadPrompt(f"{what} has at most {most} characters.")
    if "\x00" in text or not _is_unicode(text):
        raise BadPrompt(f"{what} has characters that cannot be stored.")
    return text


def _checked_body(body: Mapping[str, Any]) -> str:
    """Returns the JSON of `body`, whose keys keep their order."""
    for name in ("messages", "tools"):
        items = body.get(name)
        if items is not None and not (
            isinstance(items, list) and all(isinstance(item, dict) for item in items)
        ):
            raise BadPrompt(f"promptBody.{name} is a list of objects.")
    model = body.get("model")
    if model is not None and not (isinstance(model, str) and "\x00" not in model):
        raise BadPrompt("promptBody.model is a name.")
    if _is_deeper(body, MAX_DEPTH):
        raise BadPrompt(f"promptBody is nested more than {MAX_DEPTH} deep.")
    try:
        encoded = msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise BadPrompt(f"promptBody cannot be stored: {error}") from error
    if len(encoded) > MAX_BODY_BYTES:
        raise BadPrompt(f"promptBody is larger than {MAX_BODY_BYTES >> 10} KiB.")
    return encoded.decode()


def _is_deeper(value: Any, most: int) -> bool:
    if isinstance(value, Mapping):
        value = list(value.values())
    return isinstance(value, list) and (most == 0 or any(_is_deeper(item, most - 1) for item in value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
