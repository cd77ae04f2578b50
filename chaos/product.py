"""The product under test: `manage.py up`, and beside it another gateway and another worker on the same servers."""

import os
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from helicone_site.supervisor.services import PROJECT_DIR, project_services
from tests.fake_provider.process import ProviderProcess
from tests.instances import Instance, free_port, wait_until

API_KEY = "sk-helicone-chaos00-chaos00-chaos00-chaos00"
_READY_WITHIN_S = 90.0
_RESTART_WITHIN_S = 180.0


@dataclass
class _Extra:
    name: str
    argv: tuple[str, ...]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the product's own command
                self.argv,
                env=self.env,
                cwd=PROJECT_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


class Product:
    """A whole product in a directory of its own, with its fake provider. Stopped when the block is left.

    What all processes print is in `<place>/*.log`.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self.data_dir = place / "data"
        self._provider = ProviderProcess()
        self._instance = Instance(
            self.data_dir,
            env={
                "HELICONE_PROVIDER_OPENAI_URL": self._provider.url,
                "HELICONE_PROVIDER_ANTHROPIC_URL": self._provider.url,
                "HELICONE_INIT_API_KEY": API_KEY,
            },
        )
        self.env = self._instance.env
        port = free_port()
        self.gateways = (self._instance.url, f"http://127.0.0.1:{port}")
        argv = {service.name: service.argv for service in project_services()}
        self._extras = [
            _Extra("web-2", argv["web"], self.env | {"PORT": str(port)}, place / "web-2.log"),
            _Extra("worker-2", argv["worker"], dict(self.env), place / "worker-2.log"),
        ]

    def __enter__(self) -> "Product":
        try:
            self._instance.start()
            self._instance.wait_ready(within_s=_READY_WITHIN_S)
            self.revive()
            wait_until(lambda: _listens(self.gateways[1]), within_s=_READY_WITHIN_S)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def revive(self) -> None:
        """Start the processes beside the supervisor again if they have ended, as their own supervisor would."""
        for extra in self._extras:
            if extra.process is None or extra.process.poll() is not None:
                extra.run()

    def pid(self, name: str) -> int | None:
        """Returns the pid of the process that is called `name` now; None when there is none."""
        for extra in self._extras:
            if extra.name == name:
                running = extra.process is not None and extra.process.poll() is None
                return extra.process.pid if extra.process is not None and running else None
        return self._instance.children().get(name)

    def restart_supervisor(self) -> None:
        """Kill the supervisor, and start another until one is ready. Blocking. Raises AssertionError."""
        self._instance.kill()
        deadline = time.monotonic() + _RESTART_WITHIN_S
        while True:
            self._keep_output()
            self._instance.start()
            try:
                self._instance.wait_ready(within_s=_READY_WITHIN_S)
                return
            except AssertionError:
                # The web process of the one before may still finish its streams on our port.
                if time.monotonic() > deadline or "cannot listen" not in self._instance.errors:
                    raise
            time.sleep(0.5)

    def _keep_output(self) -> None:
        with (self._place / "up.log").open("a") as log:
            log.write(self._instance.output + self._instance.errors)

    def _stop(self) -> None:
        for extra in self._extras:
            if extra.process is not None:
                extra.process.terminate()
        for extra in self._extras:
            if extra.process is not None:
                try:
                    extra.process.wait(15)
                except subprocess.TimeoutExpired:
                    extra.process.kill()
        self._instance.__exit__(None, None, None)
        self._keep_output()
        self._provider.stop()


def _listens(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own http address
            return True
    except OSError:
        return False


def use_settings_of(product: Product) -> None:
    """Let this process work on the product's database and Valkey. The product must be running; once per process."""
    # Instead of ours, which may name another database.
    os.environ.clear()
    os.environ.update(product.env)
    os.environ["DJANGO_SETTINGS_MODULE"] = "helicone_site.settings"
    import django

    django.setup()
