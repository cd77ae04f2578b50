"""The proxies that the gateway is compared with, each installed on first use in a folder of its own.

The folders are under HELICONE_BENCH_DIR, by default `helicone-bench` in the user's cache. Nothing of them is in our
lock files: their dependencies are not ours. Each runs as its makers advise for production, in one process, and
logs nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import on_measured_core, wait_answering
from bench.proxies import Proxy
from tests.instances import free_port

PORTKEY_VERSION = "1.15.2"
LITELLM_VERSION = "1.108.7"
KEY = "sk-bench-0123456789abcdef0123456789abcdef"
INSTALL_S = 900
# No more of our environment than a program needs: PORT and others mean something to some of them.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

_NGINX_CONF = """
daemon off;
master_process off;
pid {place}/nginx.pid;
error_log {place}/nginx.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {place}/nginx.body;
    proxy_temp_path {place}/nginx.proxy;
    fastcgi_temp_path {place}/nginx.fastcgi;
    uwsgi_temp_path {place}/nginx.uwsgi;
    scgi_temp_path {place}/nginx.scgi;
    upstream provider {{
        server 127.0.0.1:{provider_port};
        keepalive 64;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;  # a stream's events shall pass as they come
        }}
    }}
}}
"""

_LITELLM_CONF = """
model_list:
  - model_name: gpt-4o-mini
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: http://127.0.0.1:{provider_port}/v1
      api_key: sk-bench
general_settings:
  master_key: {key}
"""


class CannotInstall(Exception):
    """What went wrong, in a line."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One to compare with. `started(provider_port, place)` installs it if need be and yields it answering.

    It raises CannotInstall, NotAnswering. `place` is a folder for what it writes.
    """

    name: str
    started: Callable[[int, Path], AbstractContextManager[Proxy]]


@contextmanager
def nginx(provider_port: int, place: Path) -> Iterator[Proxy]:
    """`proxy_pass`, unbuffered. HELICONE_BENCH_NGINX names a program to take instead of Debian's."""
    given = os.environ.get("HELICONE_BENCH_NGINX")
    program = Path(given) if given else folder_filled("nginx", _install_nginx) / "usr/sbin/nginx"
    version = _run([program, "-v"]).rpartition("/")[2].strip()
    port, conf, output = free_port(), place / "nginx.conf", place / "nginx.log"
    conf.write_text(_NGINX_CONF.format(place=place, port=port, provider_port=provider_port))
    with on_measured_core(
        [program, "-p", place, "-c", conf, "-e", output], env=ENVIRONMENT, cwd=place, output=output
    ) as process:
        headers = {"authorization": "Bearer sk-bench"}
        wait_answering(port, headers, process, output)
        yield Proxy("nginx", version, port, process.pid, headers)


@contextmanager
def litellm(provider_port: int, place: Path) -> Iterator[Proxy]:
    """LiteLLM's proxy without a database, one worker. It refuses to run without a key of its own."""
    home = folder_filled(f"litellm-{LITELLM_VERSION}", _install_litellm)
    port, conf, output = free_port(), place / "litellm.yaml", place / "litellm.log"
    conf.write_text(_LITELLM_CONF.format(provider_port=provider_port, key=KEY))
    argv = [home / "bin/litellm", "--config", conf, "--host", "127.0.0.1", "--port", str(port)]
    env = {
        **ENVIRONMENT,
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it asks the network for prices at its start
    }
    with on_measured_core([*argv, "--num_workers", "1"], env=env, cwd=place, output=output) as process:
        headers = {"authorization": f"Bearer {KEY}"}
        wait_answering(port, headers, process, output)
        yield Proxy("LiteLLM", LITELLM_VERSION, port, process.pid, headers)


@contextmanager
def portkey(provider_port: int, place: Path) -> Iterator[Proxy]:
    """Portkey's gateway on Node, told by headers where the provider is."""
    home = folder_filled(f"portkey-{PORTKEY_VERSION}", _install_portkey)
    port, output = free_port(), place / "portkey.log"
    server = home / "node_modules/@portkey-ai/gateway/build/start-server.js"
    env = {**ENVIRONMENT, "NODE_ENV": "production"}
    with on_measured_core(
        ["node", server, "--headless", f"--port={port}"], env=env, cwd=place, output=output
    ) as process:
        headers = {
            "authorization": "Bearer sk-bench",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{provider_port}/v1",
        }
        wait_answering(port, headers, process, output)
        yield Proxy("Portkey", PORTKEY_VERSION, port, process.pid, headers)


PEERS = (Peer("nginx", nginx), Peer("Portkey", portkey), Peer("LiteLLM", litellm))


def bench_folder(name: str) -> Path:
    """Returns where what a measurement needs and is slow to make is kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "helicone-bench"
    return Path(os.environ.get("HELICONE_BENCH_DIR") or cache).resolve() / name


def folder_filled(name: str, install: Callable[[Path], None]) -> Path:
    """Returns the folder `name`, filled by `install` unless that has been done to its end before."""
    folder = bench_folder(name)
    done = folder / ".installed"
    if not done.exists():
        print(f"installing into {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        done.touch()
    return folder


def _install_nginx(folder: Path) -> None:
    # Unpacked only: installing it would also start a server on port 80.
    _run(["apt-get", "download", "-qq", "nginx"], cwd=folder)
    _run(["dpkg", "-x", *folder.glob("nginx_*.deb"), folder])


def _install_litellm(folder: Path) -> None:
    _run([sys.executable, "-m", "venv", folder])
    package = f"litellm[proxy]=={LITELLM_VERSION}"
    _run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package])


def _install_portkey(folder: Path) -> None:
    # With a later web server than this it answers every stream with 500 (Portkey-AI/gateway issue 1389).
    package = {
        "private": True,
        "dependencies": {"@portkey-ai/gateway": PORTKEY_VERSION},
        "overrides": {"@hono/node-server": "1.14.1", "@hono/node-ws": "1.2.0"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)


def _run(argv: list[str | Path], *, cwd: Path | None = None) -> str:
    """Returns all that the command writes. Raises CannotInstall if it is not there or fails."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(str(error)) from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or [f"status {error.returncode}"]
        raise CannotInstall(f"{Path(argv[0]).name}: {lines[-1]}") from error
    return done.stdout + done.stderr
