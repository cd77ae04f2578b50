"""`manage.py gateway`: the gateway alone, in one process or several, and how it stops."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.instances import wait_until
from tests.live import Logged, Tenant
from tests.raw_http import opened, pieces, send

Scenario = Callable[..., dict[str, str]]

STREAM = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}'


@pytest.fixture(scope="module")
def pair(provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway of two workers."""
    with GatewayProcess(provider.url, workers=2) as gateway:
        yield gateway


@pytest.fixture
def keys(organization: Tenant) -> dict[str, str]:
    return {
        "Authorization": "Bearer sk-fake-openai-key",
        "Helicone-Auth": f"Bearer {organization.api_key}",
    }


def test_it_passes_requests_on_and_logs_them(
    pair: GatewayProcess, keys: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    answer = send(f"{pair.url}/v1/chat/completions", body=CHAT, headers=keys | scenario())
    assert answer.status == 200
    assert answer.body == logged().call.answer


@pytest.mark.parametrize(
    "path", ["/", "/login/", "/api/requests/", "/v1/request/query", "/static/css/tokens.css"]
)
def test_it_has_no_pages_and_no_rest(pair: GatewayProcess, path: str) -> None:
    answer = send(pair.url + path, method="GET", headers={})
    assert answer.status == 404
    assert answer.header("content-type") == "application/json"
    assert json.loads(answer.body)["error"]["code"] == "not_found"


def test_its_workers_share_the_port(pair: GatewayProcess) -> None:
    assert len(_workers(pair.pid)) == 2


def test_a_worker_that_is_killed_is_replaced(
    pair: GatewayProcess, keys: dict[str, str], scenario: Scenario
) -> None:
    before = _workers(pair.pid)
    os.kill(min(before), 9)
    assert wait_until(lambda: len(_workers(pair.pid) - {min(before)}) == 2, within_s=15)
    assert send(f"{pair.url}/v1/chat/completions", body=CHAT, headers=keys | scenario()).status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_a_running_stream_is_finished_when_it_stops(
    provider: ProviderHandle,
    keys: dict[str, str],
    scenario: Scenario,
    logged: Callable[[], Logged],
    workers: int,
) -> None:
    with GatewayProcess(provider.url, workers=workers) as gateway:
        headers = keys | scenario(words=20, gap=0.08)
        with opened(f"{gateway.url}/v1/chat/completions", body=STREAM, headers=headers) as response:
            arrived = [next(pieces(response))[1]]
            gateway.terminate()
            arrived += [piece for _, piece in pieces(response)]
        # One process ends by the signal it was given, as the shell expects.
        assert gateway.wait_exit() == (0 if workers > 1 else -signal.SIGTERM)

    it = logged()
    assert b"".join(arrived).endswith(b"data: [DONE]\n\n")
    assert (it.row.status, it.row.error) == (200, "")
    assert it.call.hung_up_at is None


def test_a_stream_that_does_not_end_is_cut_off_and_logged(
    provider: ProviderHandle, keys: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with GatewayProcess(provider.url, env={"HELICONE_DRAIN_S": "1"}) as gateway:
        headers = keys | scenario(words=20, hang_after=5)
        with opened(f"{gateway.url}/v1/chat/completions", body=STREAM, headers=headers) as response:
            next(pieces(response))
            began = time.monotonic()
            gateway.terminate()
            gateway.wait_exit()
    assert 0.9 < time.monotonic() - began < 8

    row = logged().row
    assert (row.status, row.error) == (-100, "gateway_stopped")


def test_no_new_request_is_taken_while_it_stops(
    provider: ProviderHandle,
    keys: dict[str, str],
    organization: Tenant,
    marker: str,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    with GatewayProcess(provider.url) as gateway:
        url = f"{gateway.url}/v1/chat/completions"
        answer: list[bytes] = []

        def run() -> None:
            with opened(url, body=STREAM, headers=keys | scenario(words=10, gap=0.1)) as response:
                answer.append(response.read())

        running = threading.Thread(target=run)
        running.start()
        assert wait_until(lambda: bool(provider.calls(marker)), within_s=5)
        gateway.terminate()
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            send(url, body=CHAT, headers=keys)
        running.join()
    assert answer[0].endswith(b"data: [DONE]\n\n")
    assert len(wait_for_rows(organization.id)) == 1


def test_workers_leave_with_a_parent_that_is_killed(provider: ProviderHandle) -> None:
    with GatewayProcess(provider.url, workers=2) as gateway:
        workers = _workers(gateway.pid)
        gateway.kill()
        assert wait_until(lambda: not any(_is_running(pid) for pid in workers), within_s=10)


def _workers(parent: int) -> set[int]:
    """Returns the processes that serve: the children of `parent` but multiprocessing's own helper."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat, open(f"/proc/{name}/cmdline") as command:
                is_child = int(stat.read().rpartition(")")[2].split()[1]) == parent
                if is_child and "spawn_main" in command.read():
                    found.add(int(name))
        except OSError:
            continue
    return found


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
