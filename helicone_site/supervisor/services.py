"""What `up` keeps running. One more worker is one more line in `project_services`."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helicone_site.drain import DRAIN_S
from helicone_site.supervisor.accounts import Account

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent

# Signals in order of rudeness, each with the seconds it is given.
StopSteps = tuple[tuple[signal.Signals, float], ...]

_STOP: StopSteps = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
# By itself it ends soon after the last answer, or after the drain's deadline.
_DRAIN: StopSteps = ((signal.SIGTERM, DRAIN_S + 5), (signal.SIGKILL, 5))


# What the embedded servers see of the environment: no keys, and no settings meant for another PostgreSQL.
SERVER_ENV = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ} | {"LC_ALL": "C"}


class StartError(Exception):
    """The product cannot start. The message is one line for the operator: what, and what to do."""


@dataclass(frozen=True)
class Service:
    """A process that is kept running.

    `env` is added to the supervisor's environment, or replaces it when `own_env` is set.
    `death_signal` is what the process gets when the supervisor dies without stopping it.
    """

    name: str
    argv: tuple[str, ...]
    stop: StopSteps = _STOP
    death_signal: signal.Signals = signal.SIGKILL
    env: Mapping[str, str] = field(default_factory=dict)
    own_env: bool = False
    account: Account | None = None
    before_start: Callable[[], Awaitable[None]] | None = None


def project_services() -> tuple[Service, ...]:
    """The project's own processes. They start together, and stop one after the other in this order."""
    return (
        # On its own it can still bring requests in flight, and their log events, to an end.
        Service("web", _manage("web"), stop=_DRAIN, death_signal=signal.SIGTERM),
        Service("beat", _celery("beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING")),
        # What a killed worker had begun is delivered again.
        Service("worker", _worker("ingest,celery,search", threads=6)),
    )


def setup_service() -> Service:
    """The one step before the others: migrations, static files, the first user."""
    return Service("setup", _manage("prepare"))


def _manage(command: str) -> tuple[str, ...]:
    return (sys.executable, str(PROJECT_DIR / "manage.py"), command)


def _celery(*arguments: str) -> tuple[str, ...]:
    # Its warning about root is meant for pickled messages, and there are none.
    return (
        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "celery", "--quiet", "-A", "helicone_site"),
        *arguments,
    )


def _worker(queues: str, *, threads: int) -> tuple[str, ...]:
    return _celery(
        *("worker", "-Q", queues, "--loglevel", "INFO"),
        *("--pool", "threads", "--concurrency", str(threads), "--prefetch-multiplier", "1"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
