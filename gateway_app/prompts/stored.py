"""Stored prompts in plain objects, so that the gateway never loads the ORM."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

CHANGED_CHANNEL = "helicone:prompts:changed"
PRODUCTION = "production"
"""The environment that every prompt has, and that is meant where none is named."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which version of which prompt: that of an environment, else the one with an id, else the production version."""

    prompt_id: str
    version_id: str = ""
    environment: str = ""

    def __str__(self) -> str:
        if self.environment:
            return f"version of prompt {self.prompt_id!r} in the environment {self.environment!r}"
        if self.version_id:
            return f"version {self.version_id!r} of prompt {self.prompt_id!r}"
        return f"prompt {self.prompt_id!r}"


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """A version as it was stored."""

    version_id: str
    body: bytes  # a JSON object

    @property
    def fields(self) -> dict[str, msgspec.Raw]:
        """Returns the top level of the body, its values as they stand."""
        return _fields.decode(self.body)


Load = Callable[[int, Wanted], StoredPrompt | None]
"""Returns what an organization (its id) stored, None where there is no such version. Blocks."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
