"""Started by a normal user, in a directory with a name that needs quoting everywhere."""

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
    assert list((directory / "run").iterdir()) == []
