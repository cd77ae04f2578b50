"""A caller of `/v1/prompt-2025`."""

from dataclasses import dataclass
from typing import Any

from tests.api import Answer, Api

BODY = {"model": "gpt-4o", "messages": [{"role": "system", "content": "You help {{hc:name:string}}."}]}


@dataclass(frozen=True)
class Made:
    """A prompt, and its first version."""

    id: str
    version_id: str


@dataclass(frozen=True)
class Prompts:
    """Calls with one organization's key."""

    api: Api

    def post(self, path: str, **data: Any) -> Answer:
        """Returns the answer to a POST below /v1/prompt-2025."""
        return self.api.send("POST", f"/v1/prompt-2025{path}", data)

    def get(self, path: str, **query: Any) -> Answer:
        """Returns the answer to a GET below /v1/prompt-2025."""
        return self.api.get(f"/v1/prompt-2025{path}", **query)

    def delete(self, path: str) -> Answer:
        """Returns the answer to a DELETE below /v1/prompt-2025."""
        return self.api.send("DELETE", f"/v1/prompt-2025{path}")

    def make(self, body: dict[str, Any] | None = None, *, name: str = "Support", tags: Any = ()) -> Made:
        """Returns a new prompt."""
        data = data_of(self.post("", name=name, tags=list(tags), promptBody=body or BODY))
        return Made(data["id"], data["versionId"])

    def update(
        self, prompt_id: str, version_id: str, *, major: bool = False, body: Any = None, **more: Any
    ) -> str:
        """Returns the id of a new version after `version_id`."""
        answer = self.post(
            "/update",
            promptId=prompt_id,
            promptVersionId=version_id,
            newMajorVersion=major,
            promptBody=body or BODY,
            **{"commitMessage": "Better", **more},
        )
        id: str = data_of(answer)["id"]
        return id

    def version(self, version_id: str) -> dict[str, Any]:
        """Returns a version by its id."""
        found: dict[str, Any] = data_of(self.post("/query/version", promptVersionId=version_id))
        return found

    def in_environment(self, prompt_id: str, environment: str = "production") -> str:
        """Returns the id of the version that an environment has."""
        answer = self.post("/query/environment-version", promptId=prompt_id, environment=environment)
        id: str = data_of(answer)["id"]
        return id


def data_of(answer: Answer) -> Any:
    """Returns what an answer holds, which must be a good one."""
    assert answer.status == 200, answer.json
    assert set(answer.json) == {"data", "error"}
    assert answer.json["error"] is None
    return answer.json["data"]


def error_of(answer: Answer, status: int) -> str:
    """Returns the text of a refusal in the contract's envelope."""
    assert answer.status == status, answer.json
    assert answer.json["data"] is None
    text: str = answer.json["error"]
    return text
