"""`manage.py up`, from the first line to the last."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.instances import PROJECT_DIR, Instance, wait_until

SAY_ADDRESSES = "from helicone_site.datadir import *; print(embedded_database_url(), embedded_redis_url())"


def arguments(instance, name):
    """The command line of one of the instance's processes."""
    return Path(f"/proc/{instance.children()[name]}/cmdline").read_text().split("\0")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    # Two difficulties at once: the path is too long for a socket, and leads through the temporary directory
    # of the tests, which is closed to the account that the servers of root's instance run as.
    with Instance(tmp_path_factory.mktemp("closed") / ("long" * 25) / "data") as instance:
        instance.start()
        instance.wait_ready()
        yield instance


def test_it_is_alive_and_ready(instance):
    assert instance.get("/healthz") == 200
    assert instance.get("/readyz") == 200


def test_the_log_names_the_process_of_each_line(instance):
    prefixes = {re.match(r"(\w+) *\| ", line + " ").group(1) for line in instance.output.splitlines()}
    assert {"helicone", "postgres", "setup", "worker"} <= prefixes
    assert len({line.index("|") for line in instance.output.splitlines()}) == 1
    assert "\033" not in instance.output


@pytest.mark.skipif(os.geteuid() != 0, reason="about what root starts")
def test_servers_that_root_starts_are_not_root(instance):
    pids = instance.children()
    owners = {os.stat(f"/proc/{pids[name]}").st_uid for name in ("postgres", "valkey")}
    assert owners == {(instance.data_dir / "postgres").stat().st_uid}
    assert 0 not in owners


def test_secrets_are_for_their_owner_only(instance):
    for name in ("secret_key", "postgres_password", "valkey_password"):
        assert (instance.data_dir / name).stat().st_mode & 0o777 == 0o600


def test_external_servers_are_used_instead_of_its_own(instance, tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", SAY_ADDRESSES],
        cwd=PROJECT_DIR,
        env=instance.env,
        stdout=subprocess.PIPE,
        check=True,
    )
    database, redis = said.stdout.decode().split()
    with Instance(tmp_path / "data", env={"DATABASE_URL": database, "REDIS_URL": redis}) as second:
        second.start()
        second.wait_ready()
        assert set(second.children()) == {"guardian", "web", "worker", "beat"}
        assert not (second.data_dir / "postgres").exists()
        assert second.stop() == 0
    assert instance.get("/readyz") == 200


def test_it_stops_on_either_signal_and_prints_the_first_key_once(instance):
    [sockets] = {
        Path(line.split("=")[1].strip('"'))
        for line in arguments(instance, "postgres")
        if "socket_dir" in line
    }
    assert sockets.is_dir()
    assert "sk-helicone-" in instance.output
    assert instance.stop(signal.SIGTERM) == 0
    assert instance.output.splitlines()[-1].endswith("| stopped")
    assert instance.errors == ""
    assert instance.processes() == {}
    assert not sockets.exists()

    instance.start()
    instance.wait_ready()
    assert "sk-helicone-" not in instance.output
    assert instance.stop(signal.SIGINT) == 0
    assert instance.processes() == {}


def test_it_can_be_stopped_while_it_starts(tmp_path):
    with Instance(tmp_path / "data") as instance:
        instance.start()
        assert wait_until(lambda: instance.data_dir.joinpath("postgres.new").exists(), within_s=10)
        assert instance.stop(signal.SIGINT) == 0
        assert instance.errors == ""
        assert not list(instance.data_dir.glob("postgres*/"))
        assert instance.processes() == {}
