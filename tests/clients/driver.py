"""Running a client program, once straight at the provider and once through the gateway."""

import fcntl
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from requests_app.models import Request
from tests.clients.cases import CLIENTS, Client
from tests.fake_provider.process import ProviderCall, ProviderHandle
from tests.live import Tenant

FOLDER = Path(__file__).resolve().parent
BIN = FOLDER.parents[1] / ".venv-clients" / "bin"
USER = "ada"
SESSION = "0193a9f0-aaaa-7000-8000-0000000000c1"
SESSION_NAME = "Client tests"
# Importing some of the clients takes seconds, the more so beside other tests.
PROGRAM_WITHIN_S = 120
ROWS_WITHIN_S = 10
_KEYS = {
    "openai_key": "sk-fake-client",
    "anthropic_key": "sk-ant-fake-client",
    "google_key": "AIzaFake-client",
}


@dataclass(frozen=True)
class Shown:
    """What a client program did: its results by behaviour and target, and where to find the traces of it."""

    results: dict[str, dict[str, Any]]
    organization_id: int
    mark: str
    provider: ProviderHandle
    said: str  # on stderr

    def calls(self, behaviour: str) -> list[ProviderCall]:
        """Returns what the provider was asked through the gateway, oldest first."""
        return self.provider.calls(marker(self.mark, "gateway", behaviour))

    def rows(self, behaviour: str, n: int) -> list[Request]:
        """Returns the `n` rows of a behaviour, oldest first; after 10 seconds those that there are."""
        wanted = Request.objects.filter(
            organization_id=self.organization_id, session_path=_session_path(behaviour)
        ).order_by("created_at", "id")
        deadline = time.monotonic() + ROWS_WITHIN_S
        while len(rows := list(wanted.all())) < n and time.monotonic() < deadline:
            time.sleep(0.05)
        return rows


def show(name: str, make_tenant: Callable[[], Tenant], provider: ProviderHandle, gateway_url: str) -> Shown:
    """Returns what came of all behaviours of the client called `name`. Fails if the clients are not installed."""
    client = CLIENTS[name]
    return show_once(
        name,
        client.program,
        lambda mark, key: _job(client, mark, key, provider.url, gateway_url),
        make_tenant,
        provider,
        beside_tests=client.beside_tests,
    )


def show_once(
    name: str,
    program: str,
    job: Callable[[str, str], dict[str, Any]],
    make_tenant: Callable[[], Tenant],
    provider: ProviderHandle,
    *,
    beside_tests: bool = False,
) -> Shown:
    """Returns what came of `program`, which is told what `job` makes of the mark and the key of its organization.

    It is run once in a run of the tests, by the test process that comes first: it may take seconds to import a
    client.
    """
    folder = Path(os.environ["HELICONE_DATA_DIR"]).parent / "clients"
    folder.mkdir(exist_ok=True)
    kept = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            mark, tenant = secrets.token_hex(6), make_tenant()
            done = _run(_command(program, beside_tests), job(mark, tenant.api_key))
            kept.write_text(json.dumps({"mark": mark, "organization_id": tenant.id, **done}))
        done = json.loads(kept.read_text())
    assert done["status"] == 0, f"{name} ended with {done['status']}:\n{done['errors']}"
    return Shown(json.loads(done["output"]), done["organization_id"], done["mark"], provider, done["errors"])


def _job(client: Client, mark: str, helicone_key: str, provider_url: str, gateway_url: str) -> dict[str, Any]:
    """Returns what the program is told on stdin (python/harness.py)."""
    direct = {**_KEYS, "openai_url": f"{provider_url}/v1", "anthropic_url": provider_url}
    direct |= {"google_url": provider_url, "extra_headers": {}, "model_and_provider": "gpt-4o"}
    gateway = {
        **_KEYS,
        "openai_url": gateway_url + client.openai_path,
        "anthropic_url": gateway_url + client.anthropic_path,
        "google_url": gateway_url + client.google_path,
        "model_and_provider": client.model_and_provider,
    }
    authentication = {"Helicone-Auth": f"Bearer {helicone_key}"}
    if client.only_helicone_key:
        gateway["openai_key"], authentication = helicone_key, {}
    return {
        "behaviours": client.behaviours,
        "targets": {
            name: {
                "direct": {**direct, "marker": marker(mark, "direct", name)},
                "gateway": {
                    **gateway,
                    "marker": marker(mark, "gateway", name),
                    "extra_headers": {**authentication, **labels(name)},
                },
            }
            for name in client.behaviours
        },
    }


def _run(command: list[str], job: dict[str, Any]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=PROGRAM_WITHIN_S,
            # Keys and addresses of the developer's own must not reach the clients.
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUTF8": "1"},
        )
    except subprocess.TimeoutExpired as error:
        return {"status": "no end", "output": "", "errors": str(error)}
    return {"status": done.returncode, "output": done.stdout, "errors": done.stderr[-4000:]}


def _command(program: str, beside_tests: bool) -> list[str]:
    if beside_tests:
        return [sys.executable, str(FOLDER / program)]
    interpreter = BIN / ("node" if program.endswith(".mjs") else "python")
    installed = (BIN.parent / ".node").exists() and (FOLDER / "node" / "node_modules").exists()
    assert installed, "the client SDKs are not installed: run `make clients`"
    return [str(interpreter), str(FOLDER / program)]


def labels(behaviour: str) -> dict[str, str]:
    """Returns the headers by which the rows of a behaviour are found."""
    return {
        "Helicone-User-Id": USER,
        "Helicone-Session-Id": SESSION,
        "Helicone-Session-Name": SESSION_NAME,
        "Helicone-Session-Path": _session_path(behaviour),
        "Helicone-Property-Behaviour": behaviour,
    }


def _session_path(behaviour: str) -> str:
    return f"/{behaviour}"


def marker(mark: str, target: str, behaviour: str) -> str:
    """Returns what finds the calls of a behaviour at the provider."""
    return f"{mark}-{target}-{behaviour}"
