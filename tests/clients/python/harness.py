"""What the client programs of this folder share: what they are told on stdin, and what they print.

A program marks its functions with `behaviour` and calls `run`. It is told which of them to show, and at which
targets (the provider itself, and the gateway); it prints `{behaviour: {target: result}}`. It imports nothing of
the product.
"""

import asyncio
import contextlib
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
QUESTION = "Grüße aus München 🥨: what is the weather like?"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where one behaviour makes its calls, and with which keys."""

    openai_url: str  # with its /v1
    anthropic_url: str  # without
    google_url: str  # without
    openai_key: str
    anthropic_key: str
    google_key: str
    model_and_provider: str  # gpt-4o, named with its provider where the target takes that
    marker: str
    extra_headers: Mapping[str, str]  # what the gateway is told
    # Where a program logs its calls itself, and labels them with `extra_headers`.
    log_url: str = ""
    helicone_key: str = ""

    def headers(self, **scenario: object) -> dict[str, str]:
        """Returns the headers for a call of which the fake provider makes what `scenario` says."""
        settings = " ".join(f"{name}={value}" for name, value in scenario.items())
        return {**self.extra_headers, "x-fake-scenario": f"marker={self.marker} {settings}".strip()}

    def bad_key(self, key: str) -> str:
        """Returns a key of the same look that no provider takes."""
        return key.replace("fake", "bad").replace("Fake", "Bad")


_behaviours: dict[str, Callable[[Target], Any]] = {}


def behaviour(function: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """Make `function` one that `run` can be asked for, by its name."""
    _behaviours[function.__name__] = function
    return function


def run() -> None:
    """Show what stdin asks for. An exception is a result as well: its class, status and text."""
    job = json.load(sys.stdin)
    results: dict[str, dict[str, Any]] = {}
    with contextlib.redirect_stdout(sys.stderr):  # some clients print what they have to say
        for name in job["behaviours"]:
            results[name] = {
                target: _result(_behaviours[name], Target(**settings))
                for target, settings in job["targets"][name].items()
            }
    json.dump(results, sys.stdout, default=_plain)


def _result(behaviour: Callable[[Target], Any], target: Target) -> Any:
    try:
        result = behaviour(target)
        if inspect.isawaitable(result):
            result = asyncio.run(_finished(result))
    except Exception as error:
        traceback.print_exc()
        return {
            "raised": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "text": str(error),
        }
    return {"returned": result}


async def _finished(result: Any) -> Any:
    return await result


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, bytes):
        return value.hex()
    return repr(value)
