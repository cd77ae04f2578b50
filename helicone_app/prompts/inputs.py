"""What a logged call filled its stored prompt in with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest_app.bodies import body_store
from requests_app.body_value import json_or_text
from requests_app.queries import find_request


@dataclass(frozen=True, slots=True)
class PromptInputs:
    """The prompt of a call, and its inputs: none where the request was not to be kept."""

    request_id: str
    prompt_id: str
    version_id: str
    environment: str | None
    inputs: Mapping[str, Any]


def prompt_inputs(*, organization_id: int, request_id: str) -> PromptInputs | None:
    """Returns those of a request, None for one that was made without a stored prompt. Raises RequestNotFound."""
    row = find_request(organization_id=organization_id, request_id=request_id).row
    version_id = row.properties.get("Helicone-Prompt-Version")
    if version_id is None:
        return None
    bodies = body_store().get(row.key)
    inputs = json_or_text(bodies.prompt_inputs) if bodies and bodies.prompt_inputs else None
    return PromptInputs(
        request_id=row.request_id,
        prompt_id=row.properties.get("Helicone-Prompt-Id", ""),
        version_id=version_id,
        environment=row.properties.get("Helicone-Prompt-Environment"),
        inputs=inputs or {},
    )
