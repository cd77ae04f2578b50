"""Reads of stored prompts. Everything is of one organization; there is no other way in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Func, Max, QuerySet, TextField

from gateway_app.prompts.stored import PRODUCTION, StoredPrompt, Wanted
from prompts_app.models import Prompt, PromptEnvironment, PromptVersion

MAX_VERSIONS = 1000


class PromptNotFound(Exception):
    """The organization has no prompt with this id."""


class VersionNotFound(Exception):
    """The organization has no such version. `str()` of it says which, for people."""


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt without its versions."""

    id: str  # its code
    name: str
    tags: list[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, as the API has it."""

    id: UUID
    prompt_id: str  # the code
    model: str
    major_version: int
    minor_version: int
    commit_message: str
    environments: list[str]
    created_at: datetime
    body: str  # JSON


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """How many versions a prompt has, and its highest major number."""

    total_versions: int
    major_versions: int


def get_prompt(*, organization_id: int, prompt_id: str) -> PromptRow:
    """Returns the prompt with the code `prompt_id`. Raises PromptNotFound."""
    found = prompt_of(organization_id, prompt_id)
    return PromptRow(found.code, found.name, found.tags, found.created_at)


def prompts(
    *, organization_id: int, search: str = "", tags: Sequence[str] = (), offset: int, limit: int
) -> list[PromptRow]:
    """Returns prompts, newest first: those whose name holds `search` and that have one of `tags`, if any are given."""
    found = _prompts(organization_id)
    if search:
        found = found.filter(name__icontains=search)
    if tags:
        found = found.filter(tags__overlap=list(tags))
    ordered = found.order_by("-created_at", "-id")[offset : offset + limit]
    return [PromptRow(*row) for row in ordered.values_list("code", "name", "tags", "created_at")]


def count_prompts(*, organization_id: int) -> int:
    """Returns how many prompts there are."""
    return _prompts(organization_id).count()


def all_tags(*, organization_id: int) -> list[str]:
    """Returns the tags in use, in their order."""
    tags = Func("tags", function="unnest", output_field=TextField())
    return list(
        _prompts(organization_id).annotate(tag=tags).order_by("tag").values_list("tag", flat=True).distinct()
    )


def all_environments(*, organization_id: int) -> list[str]:
    """Returns the names of environments in use, in their order."""
    found = PromptEnvironment.objects.filter(organization_id=organization_id)
    return list(found.order_by("name").values_list("name", flat=True).distinct())


def get_version(*, organization_id: int, version_id: str, prompt_id: str | None = None) -> VersionRow:
    """Returns the version with this id; of the prompt `prompt_id`, if that is given. Raises VersionNotFound."""
    return _row(version_of(organization_id, version_id, prompt_id))


def get_environment_version(*, organization_id: int, prompt_id: str, environment: str) -> VersionRow:
    """Returns the version that an environment of a prompt has. Raises VersionNotFound."""
    wanted = Wanted(prompt_id, environment=environment)
    found = _wanted(organization_id, wanted).first()
    if found is None:
        raise VersionNotFound(f"There is no {wanted}.")
    return _row(found)


def versions(*, organization_id: int, prompt_id: str, major: int | None = None) -> list[VersionRow]:
    """Returns the versions of a prompt, newest first, at most MAX_VERSIONS. Raises PromptNotFound."""
    prompt = prompt_of(organization_id, prompt_id)
    found = _versions(organization_id).filter(prompt=prompt)
    if major is not None:
        found = found.filter(major=major)
    return [_row(version) for version in found.order_by("-created_at", "-major", "-minor")[:MAX_VERSIONS]]


def count_versions(*, organization_id: int, prompt_id: str) -> VersionCounts:
    """Returns how many versions a prompt has. Raises PromptNotFound."""
    found = _versions(organization_id).filter(prompt=prompt_of(organization_id, prompt_id))
    return VersionCounts(found.count(), found.aggregate(highest=Max("major"))["highest"] or 0)


def load_prompt(organization_id: int, wanted: Wanted) -> StoredPrompt | None:
    """Returns what the gateway fills in for `wanted`, None where there is no such version."""
    found = _wanted(organization_id, wanted).values_list("id", "body").first()
    return StoredPrompt(str(found[0]), found[1].encode()) if found else None


def prompt_of(organization_id: int, prompt_id: str) -> Prompt:
    """Returns the prompt. Raises PromptNotFound."""
    found = _prompts(organization_id).filter(code=prompt_id).first() if _is_text(prompt_id) else None
    if found is None:
        raise PromptNotFound(prompt_id)
    return found


def version_of(organization_id: int, version_id: str, prompt_id: str | None = None) -> PromptVersion:
    """Returns the version; of the prompt `prompt_id`, if that is given. Raises VersionNotFound."""
    id = _uuid(version_id)
    found = _versions(organization_id).filter(id=id).first() if id else None
    if found is None or prompt_id not in {None, found.prompt.code}:
        of_prompt = "" if prompt_id is None else f" of prompt {prompt_id!r}"
        raise VersionNotFound(f"There is no version {version_id!r}{of_prompt}.")
    return found


def _prompts(organization_id: int) -> QuerySet[Prompt]:
    return Prompt.objects.filter(organization_id=organization_id)


def _versions(organization_id: int) -> QuerySet[PromptVersion]:
    found = PromptVersion.objects.filter(organization_id=organization_id)
    return found.select_related("prompt").prefetch_related("environments")


def _wanted(organization_id: int, wanted: Wanted) -> QuerySet[PromptVersion]:
    if not (_is_text(wanted.prompt_id) and _is_text(wanted.environment)):
        return PromptVersion.objects.none()
    found = _versions(organization_id).filter(prompt__code=wanted.prompt_id)
    if wanted.version_id and not wanted.environment:
        id = _uuid(wanted.version_id)
        return found.filter(id=id) if id else found.none()
    # One condition: the environment is the prompt's and the version's.
    return found.filter(environments__name=wanted.environment or PRODUCTION)


def _is_text(text: str) -> bool:
    return "\x00" not in text  # PostgreSQL knows none with a zero byte


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _row(version: PromptVersion) -> VersionRow:
    return VersionRow(
        id=version.id,
        prompt_id=version.prompt.code,
        model=version.model,
        major_version=version.major,
        minor_version=version.minor,
        commit_message=version.commit_message,
        environments=sorted(environment.name for environment in version.environments.all()),
        created_at=version.created_at,
        body=version.body,
    )
