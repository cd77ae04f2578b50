"""What happens when something is killed: a process comes back; the supervisor takes all with it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from helicone_site.supervisor.accounts import server_account
from tests.instances import Instance, wait_until

# The guardian gives a busy process this long, and a little more for a loaded machine.
NOTHING_LEFT_WITHIN_S = 10


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with Instance(tmp_path_factory.mktemp("killed") / "data") as instance:
        instance.start()
        instance.wait_ready()
        yield instance


@pytest.fixture
def running(instance):
    """The instance, started again if a test before has killed it."""
    if not instance.processes():
        instance.start()
        instance.wait_ready()
    return instance


@pytest.mark.parametrize("name", ["web", "worker", "beat", "valkey", "postgres"])
def test_a_killed_process_comes_back(running, name):
    before = running.children()
    os.kill(before[name], signal.SIGKILL)

    assert wait_until(lambda: running.children().get(name, before[name]) != before[name], within_s=5)
    assert wait_until(lambda: running.get("/readyz") == 200, within_s=20), running.output
    assert f"{name.ljust(8)} | was ended by SIGKILL; starting it again in 0.5 s" in running.output
    others = {other: pid for other, pid in running.children().items() if other != name}
    assert others.items() <= before.items()


def test_a_killed_guardian_does_not_matter(running):
    guardian = running.children()["guardian"]
    os.kill(guardian, signal.SIGKILL)
    running.kill()

    # The kernel's death signals remain; only the processes that heed them are sure to go.
    assert wait_until(lambda: not running.processes(), within_s=20), running.processes()


def test_nothing_is_left_when_the_supervisor_is_killed(running):
    running.kill()

    assert wait_until(lambda: not running.processes(), within_s=NOTHING_LEFT_WITHIN_S), running.processes()


def test_a_process_that_does_not_react_is_not_left_either(running):
    for name in ("web", "worker", "valkey"):
        os.kill(running.children()[name], signal.SIGSTOP)
    running.kill()

    assert wait_until(lambda: not running.processes(), within_s=NOTHING_LEFT_WITHIN_S), running.processes()


def test_a_second_signal_does_not_wait_for_a_process_that_hangs(running):
    os.kill(running.children()["web"], signal.SIGSTOP)
    os.kill(running.pid, signal.SIGINT)
    assert wait_until(lambda: "| stopping\n" in running.output, within_s=5)
    os.kill(running.pid, signal.SIGINT)

    # Left alone, the web process would have 10 s. The others stop as they do.
    assert wait_until(lambda: "web" not in running.children(), within_s=8)
    assert running.wait_exit() == 0
    assert running.processes() == {}


def test_a_server_that_outlived_its_supervisor_is_stopped_first(running):
    argv = Path(f"/proc/{running.children()['postgres']}/cmdline").read_text().split("\0")[:-1]
    assert running.stop() == 0
    cluster = running.data_dir / "postgres"
    account = server_account([cluster], [running.data_dir])
    with subprocess.Popen(
        account.command(argv) if account else argv,
        stderr=subprocess.DEVNULL,
        **(
            dict(zip(("user", "group", "extra_groups"), account.credentials(), strict=True))
            if account
            else {}
        ),
    ) as survivor:
        assert wait_until((cluster / "postmaster.pid").exists, within_s=5)
        running.start()
        running.wait_ready()
        assert survivor.wait() == 0


def test_a_stale_pid_file_does_not_stop_a_start(running):
    """The pid in it may belong to anyone by now, even to a process of PostgreSQL's own user."""
    assert running.stop() == 0
    cluster = running.data_dir / "postgres"
    owner = cluster.stat()
    switch = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["/bin/sleep", "60"], **switch) as stranger:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{cluster}\n{int(time.time())}\n5432\n\n\n\nready   \n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        running.start()
        running.wait_ready()
        assert stranger.poll() is None
        stranger.kill()
