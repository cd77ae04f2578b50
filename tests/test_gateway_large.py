"""Bodies beyond what is kept for the log: they pass whole, in little memory, and are logged cut."""

import hashlib
import http.client
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle, ProviderProcess
from tests.gateways import GatewayProcess
from tests.live import Logged, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]

KEPT_MIB = 1
LARGE = 20 << 20
# What a gateway may take on while several large bodies pass: buffers of the sockets, and what is kept of each.
GROWTH = 32 << 20
SPEECH_IS_TIMES = 20  # as long as what is said, where that cannot be compressed


@pytest.fixture(scope="module")
def provider() -> Iterator[ProviderHandle]:
    """A provider of its own: these bodies would keep the other tests' one busy for seconds."""
    process = ProviderProcess()
    yield ProviderHandle(process.url)
    process.stop()


@pytest.fixture(scope="module")
def gateway(provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway that keeps little of each body."""
    with GatewayProcess(provider.url, env={"HELICONE_LOG_BODY_MIB": str(KEPT_MIB)}) as gateway:
        yield gateway


@pytest.fixture
def keys(organization: Tenant) -> dict[str, str]:
    return {
        "Authorization": "Bearer sk-fake-openai-key",
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "Content-Type": "application/json",
    }


def noise(size: int, seed: int = 0) -> bytes:
    """Returns letters that cannot be compressed to much less than they are."""
    letters = random.Random(seed).randbytes(size // 2).hex()
    return letters.encode()


def chat(size: int) -> bytes:
    """Returns a chat request of `size` bytes."""
    start = b'{"model":"gpt-4o","messages":[{"role":"user","content":"'
    end = b'"}]}'
    return start + noise(size - len(start) - len(end)) + end


def speech(size: int) -> bytes:
    """Returns a request whose answer is a little more than `size` bytes."""
    return b'{"model":"gpt-4o-mini-tts","voice":"alloy","input":"%b"}' % noise(2 * size // SPEECH_IS_TIMES)


def test_a_large_request_passes_whole_and_is_logged_cut(
    gateway: GatewayProcess, keys: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    body = chat(LARGE)
    answer = send(f"{gateway.url}/v1/chat/completions", body=body, headers=keys | scenario())
    assert answer.status == 200

    it = logged()
    assert it.call.body == body
    assert it.call.header("content-length") == str(LARGE)
    assert it.row.request_bytes == LARGE
    assert it.row.request_is_cut
    assert it.bodies.request == body[: KEPT_MIB << 20]
    assert not it.row.response_is_cut
    assert it.row.model == "gpt-4o"


def test_a_large_answer_passes_whole_and_is_logged_cut(
    gateway: GatewayProcess, keys: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    body = speech(LARGE)
    answer = send(f"{gateway.url}/v1/audio/speech", body=body, headers=keys | scenario())

    it = logged()
    assert len(answer.body) > LARGE
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(it.call.answer).digest()
    assert it.row.response_bytes == len(answer.body)
    assert it.row.response_is_cut
    assert it.bodies.response is not None
    assert answer.body.startswith(it.bodies.response)


@pytest.mark.parametrize("size", [1000, LARGE])
def test_an_upload_in_chunks_passes_whole(
    gateway: GatewayProcess,
    keys: dict[str, str],
    scenario: Scenario,
    logged: Callable[[], Logged],
    size: int,
) -> None:
    body = chat(size)
    pieces = [body[at : at + 100_000] for at in range(0, size, 100_000)]
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=20)
    connection.request("POST", "/v1/chat/completions", iter(pieces), keys | scenario(), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()

    it = logged()
    assert it.call.body == body
    assert it.row.request_bytes == size
    assert it.row.request_is_cut == (size > KEPT_MIB << 20)


def test_large_bodies_pass_in_little_memory(
    gateway: GatewayProcess, keys: dict[str, str], scenario: Scenario
) -> None:
    """Four at a time; the first two warm up what is only once."""
    question, saying = chat(LARGE), speech(LARGE)

    def ask() -> RawAnswer:
        return send(f"{gateway.url}/v1/chat/completions", body=question, headers=keys | scenario())

    def speak() -> RawAnswer:
        return send(f"{gateway.url}/v1/audio/speech", body=saying, headers=keys | scenario())

    ask(), speak()
    before = _resident(gateway.pid)
    _forget_peak(gateway.pid)
    threads = [threading.Thread(target=run) for run in (ask, speak, ask, speak)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _peak(gateway.pid) - before < GROWTH


def test_a_request_beyond_the_largest_is_refused(
    provider: ProviderHandle,
    organization: Tenant,
    keys: dict[str, str],
    scenario: Scenario,
    marker: str,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    with GatewayProcess(provider.url, env={"HELICONE_MAX_REQUEST_MIB": "2"}) as small:
        answer = send(f"{small.url}/v1/chat/completions", body=chat(3 << 20), headers=keys | scenario())
    assert answer.status == 413
    assert b"larger than 2 MiB" in answer.body
    assert provider.calls(marker) == []
    (row,) = wait_for_rows(organization.id)
    assert (row.status, row.error) == (413, "request_too_large")


def _status(pid: int, name: str) -> int:
    """Returns a size in /proc/<pid>/status, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name + ":"))


def _resident(pid: int) -> int:
    return _status(pid, "VmRSS")


def _peak(pid: int) -> int:
    return _status(pid, "VmHWM")


def _forget_peak(pid: int) -> None:
    """Let the peak begin anew at what is resident now."""
    file = os.open(f"/proc/{pid}/clear_refs", os.O_WRONLY)
    os.write(file, b"5")
    os.close(file)
