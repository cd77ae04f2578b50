"""Requests that fall under limits: `pytest_plugins = ("tests.limit_fixtures",)`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.instances import wait_until
from tests.limits import Post, make_rate
from tests.live import Stack, Tenant
from tests.raw_http import RawAnswer, send


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Callable[..., dict[str, str]]) -> Post:
    """Returns a function that asks gpt-4o for `words` words, of at most `max_tokens`."""

    def ask(
        *,
        words: int = 10,
        url: str = stack.url,
        path: str = "/v1/chat/completions",
        key: str = organization.api_key,
        headers: dict[str, str] | None = None,
        said: dict[str, Any] | None = None,
        **body: Any,
    ) -> RawAnswer:
        asked = {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": words,
            **body,
        }
        return send(
            url + path,
            body=json.dumps(asked).encode(),
            headers={
                "Authorization": "Bearer sk-fake-openai-key",
                "Helicone-Auth": f"Bearer {key}",
                "Content-Type": "application/json",
                **scenario(words=words, **(said or {})),
                **(headers or {}),
            },
        )

    return ask


@pytest.fixture
def knows_limits(stack: Stack, make_tenant: Callable[[], Tenant]) -> Callable[..., None]:
    """Returns a function that waits until the gateway at `url` knows all limits that were made so far.

    It reads all at once; a rate limit of another organization, made last, shows in the headers of an answer.
    """

    def wait(url: str = stack.url) -> None:
        other = make_tenant()
        make_rate(other, "1000;w=60")

        def is_told() -> bool:
            answer = send(
                f"{url}/v1/chat/completions",
                headers={"Authorization": "Bearer sk-x", "Helicone-Auth": f"Bearer {other.api_key}"},
            )
            return answer.header("helicone-ratelimit-limit") == "1000"

        wait_until(is_told, within_s=10)

    return wait
