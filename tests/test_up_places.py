"""Wherever the data directory is, and whoever starts it."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.instances import Instance, normal_user


@pytest.fixture
def open_directory():
    """A directory with a short name that everyone may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory(prefix="up ") as name:
        os.chmod(name, 0o755)  # noqa: S103 - what the test is about
        yield Path(name)


def test_a_normal_user_and_a_path_with_spaces(open_directory):
    directory = open_directory / "my 100% data's"
    directory.mkdir()
    user = normal_user()
    if user:
        os.chown(directory, user.uid, user.gid)
    with Instance(directory, user=user) as instance:
        instance.start()
        instance.wait_ready()
        assert (directory / "run" / "valkey.sock").exists()
        assert {path.stat().st_uid for path in directory.rglob("*")} == {directory.stat().st_uid}
        assert instance.stop() == 0


def test_a_path_too_long_for_a_socket(tmp_path):
    directory = tmp_path / ("long" * 25) / ("longer" * 20)
    with Instance(directory) as instance:
        instance.start()
        instance.wait_ready()
        assert not list(directory.glob("run"))
        assert instance.stop() == 0
    assert instance.processes() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="about what root starts")
def test_servers_that_root_starts_are_not_root(open_directory):
    with Instance(open_directory / "data") as instance:
        instance.start()
        instance.wait_ready()
        owners = {name: os.stat(f"/proc/{pid}").st_uid for name, pid in instance.children().items()}
        assert owners["postgres"] == owners["valkey"] != 0
        assert (instance.data_dir / "postgres").stat().st_uid == owners["postgres"]
        assert instance.stop() == 0
