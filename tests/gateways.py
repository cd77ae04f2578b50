"""More gateways beside the run's own: `manage.py gateway` on the same database, stream and worker, set otherwise."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from types import TracebackType

from tests.instances import PROJECT_DIR, bare_environment, free_port, wait_until
from tests.live import provider_variables


class GatewayProcess:
    """One `manage.py gateway`, ready when the block is entered, and stopped when it is left."""

    def __init__(self, provider_url: str, *, workers: int = 1, env: Mapping[str, str] | None = None) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._workers = workers
        ours = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
        self._env = bare_environment() | ours | provider_variables(provider_url) | {"PORT": str(port)}
        self._env |= {"HELICONE_DATA_DIR": os.environ["HELICONE_DATA_DIR"], **(env or {})}
        self._output = os.memfd_create("gateway")

    def __enter__(self) -> "GatewayProcess":
        self._process = subprocess.Popen(
            [sys.executable, str(PROJECT_DIR / "manage.py"), "gateway", "--workers", str(self._workers)],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            env=self._env,
        )
        ready = wait_until(lambda: self._is_alive() or self._process.poll() is not None, within_s=30)
        assert ready, self.output
        assert self._process.poll() is None, self.output
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.terminate()
            self.wait_exit()

    @property
    def pid(self) -> int:
        """Returns the id of the process that was started; with more workers it only watches them."""
        return self._process.pid

    @property
    def output(self) -> str:
        """Returns all that it printed."""
        return os.pread(self._output, os.fstat(self._output).st_size, 0).decode("utf-8", "replace")

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the first process."""
        self._process.kill()
        self._process.wait()

    def wait_exit(self, *, within_s: float = 40) -> int:
        """Returns the exit status. Fails, after killing it, when it does not end in time."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the gateway does not end:\n{self.output}") from None

    def _is_alive(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
