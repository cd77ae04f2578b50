"""Receivers in Python and Node tell our calls from others: those that Helicone's users have, and those of our docs."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts_app.models import DeliveryState, Webhook
from alerts_app.webhooks import actions, queries, samples
from alerts_app.webhooks.signing import signed_headers
from tests.clients.driver import BIN, FOLDER
from tests.conftest import PROJECT
from tests.live import ALLOWED_HOST
from tests.webhook_receivers import Heard, Receiver, settled

pytest_plugins = ("tests.webhook_fixtures",)

SAMPLES = Path(samples.__file__).parent
PROGRAMS = {
    "python": [
        sys.executable,
        str(FOLDER / "python" / "webhook_receivers.py"),
        str(SAMPLES / "verify_webhook.py"),
    ],
    "node": [
        str(BIN / "node"),
        str(FOLDER / "node" / "webhook_receivers.mjs"),
        str(SAMPLES / "verify_webhook.mjs"),
    ],
}


@dataclass(frozen=True)
class Program:
    """A receiver that runs, and the webhook whose key it has."""

    url: str
    webhook: Webhook
    key: str

    def take(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Returns what it answers."""
        call = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(call, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def again(self, path: str, heard: Heard, **changed: str) -> tuple[int, str]:
        """Returns what it answers to a call that was heard elsewhere."""
        named = {name: value for name, value in heard.headers.items() if name.startswith("Helicone-")}
        return self.take(path, heard.body, {**named, **{n.replace("_", "-"): v for n, v in changed.items()}})


@pytest.fixture(params=sorted(PROGRAMS))
def program(request: pytest.FixtureRequest, subscribe: Callable[..., Webhook]) -> Iterator[Program]:
    webhook = subscribe()
    key = queries.signing_key(webhook)
    interpreter, script, sample = PROGRAMS[request.param]
    with subprocess.Popen([interpreter, script, key, sample], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        yield Program(f"http://{ALLOWED_HOST}:{port}", webhook, key)
        process.kill()


@pytest.fixture
def heard(program: Program, receiver: Receiver, log_requests: Callable[..., list[str]]) -> Heard:
    """What a webhook was sent of a request, with characters that are easily written in two ways."""
    log_requests(text="Grüße: “5 €”, </p>, 😀 \u2028 \x7f", user_id="adä")
    settled(program.webhook)
    [one] = receiver.at(program.webhook.destination)
    return one


def test_our_calls_are_taken(program: Program, log_requests: Callable[..., list[str]]) -> None:
    for number, path in enumerate(("/documented", "/sample"), 1):
        Webhook.objects.filter(pk=program.webhook.pk).update(destination=program.url + path)
        log_requests()
        assert settled(program.webhook, number)[-1].state == DeliveryState.DELIVERED


def test_what_users_of_helicone_have_verifies_the_body(program: Program, heard: Heard) -> None:
    assert program.again("/documented", heard)[0] == 200
    tampered = Heard(heard.path, heard.headers, heard.body.replace(b"gpt-4o", b"gpt-4x"))
    assert program.again("/documented", tampered)[0] == 401
    assert program.again("/documented", heard, Helicone_Signature="")[0] == 401


def test_a_replayed_call_is_not_handled_again(program: Program, heard: Heard) -> None:
    assert program.again("/sample", heard) == (200, "handled 1")
    assert program.again("/sample", heard) == (200, "handled 1")
    # Not under another name, either.
    other = str(uuid.uuid4())
    assert program.again("/sample", heard, Helicone_Delivery_Id=other) == (200, "handled 1")
    renamed = heard.headers["Helicone-Signature-V2"].replace(str(heard.delivery_id), other)
    assert program.again("/sample", heard, Helicone_Signature_V2=renamed) == (401, "handled 1")


def test_a_late_call_is_refused(program: Program, heard: Heard) -> None:
    for age_s, status in ((600, 401), (200, 200)):
        at_s = int(time.time()) - age_s
        headers = signed_headers(heard.body, [program.key], delivery_id=uuid.uuid4(), attempt=1, at_s=at_s)
        assert program.take("/sample", heard.body, dict(headers))[0] == status
    # A new time makes the signature wrong.
    signature = heard.headers["Helicone-Signature-V2"]
    fresh = f"t={int(time.time()) + 1},{signature.partition(',')[2]}"
    assert program.again("/sample", heard, Helicone_Signature_V2=fresh)[0] == 401


def test_a_tampered_call_is_refused(program: Program, heard: Heard) -> None:
    tampered = Heard(heard.path, heard.headers, heard.body + b" ")
    assert program.again("/sample", tampered) == (401, "handled 0")
    for nothing in ("", "v1", "t=,id=,v1=", "t=1,id=2,v1=zz", "v1=é"):
        assert program.again("/sample", heard, Helicone_Signature_V2=nothing) == (401, "handled 0")
    assert program.take("/sample", heard.body, {})[0] == 401


def test_after_a_rotation_the_old_key_still_tells_our_calls(
    program: Program, heard: Heard, receiver: Receiver, log_requests: Callable[..., list[str]]
) -> None:
    new_key = actions.rotate_signing_key(webhook=program.webhook)
    assert new_key != program.key
    log_requests()
    settled(program.webhook, 2)
    _, call = receiver.at(program.webhook.destination)
    assert program.again("/sample", call)[0] == 200
    # What verifies the body alone has to know the new one.
    assert program.again("/documented", call)[0] == 401


def test_the_documentation_has_the_programs_that_are_tested() -> None:
    text = (PROJECT / "docs" / "webhooks.md").read_text()
    assert all(sample.text.strip() in text for sample in samples.samples())
