"""Running the provider beside tests, and asking it what went over the wire."""

import base64
import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parents[2]
_BYTES = ("body", "answer", "wire")


@dataclass(frozen=True)
class ProviderCall:
    """One call as the provider saw it; the fields are those of `calls.Call`."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    received_at: float
    status: int
    answer_headers: list[tuple[str, str]]
    answer: bytes
    wire: bytes
    writes: int
    whole: dict[str, Any] | None
    usage: dict[str, Any] | None
    first_sent_at: float | None
    finished_at: float | None
    hung_up_at: float | None

    def header(self, name: str) -> str | None:
        """Returns the first request header of this name (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def said(self) -> dict[str, Any]:
        """Returns the object that the answer amounts to. Fails for an answer that is none."""
        assert self.whole is not None, "the provider answered with no object"
        return self.whole


@dataclass(frozen=True)
class ProviderHandle:
    """A running provider's address, good in any process."""

    url: str

    def calls(self, marker: str) -> list[ProviderCall]:
        """Returns the calls whose scenario carried `marker`, oldest first."""
        query = urllib.parse.urlencode({"marker": marker})
        with urllib.request.urlopen(f"{self.url}/__fake/calls?{query}", timeout=10) as answer:
            return [_decoded(call) for call in json.load(answer)]

    def call(
        self, marker: str, *, until: Callable[[ProviderCall], object] = lambda call: True
    ) -> ProviderCall:
        """Returns the only call with `marker` once `until` holds for it. Fails after 5 seconds."""
        deadline = time.monotonic() + 5
        while True:
            calls = self.calls(marker)
            if len(calls) == 1 and until(calls[0]):
                return calls[0]
            assert time.monotonic() < deadline, f"the provider has seen {calls}"
            time.sleep(0.02)


class ProviderProcess:
    """The provider in a process of its own, on a free port. It leaves with the process that started it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_provider", "--port", "0", "--leave-with-stdin"],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A Ctrl-C is for the tests; they stop the provider when they are done with it.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the fake provider did not start"

    def stop(self) -> None:
        """Stop it and wait for its end, at most 5 seconds."""
        self._process.terminate()
        self._process.communicate(timeout=5)


def _decoded(call: dict[str, Any]) -> ProviderCall:
    values = {name: call[name] for name in ProviderCall.__dataclass_fields__}
    for name in _BYTES:
        values[name] = base64.b64decode(values[name])
    for name in ("headers", "answer_headers"):
        values[name] = [(key, value) for key, value in values[name]]
    return ProviderCall(**values)
