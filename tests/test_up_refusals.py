"""When it cannot start, `manage.py up` says why in one line, and changes nothing."""

import os
import socket
import subprocess

import pytest

from tests.instances import Instance, free_port, normal_user, wait_until


@pytest.fixture
def disk(tmp_path):
    """Mounts a small disk with the given options, for the test's time. Needs root, and leave to mount."""
    mounted = []

    def mount(options):
        place = tmp_path / "disk"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True
        )
        if done.returncode:
            pytest.skip("mounting a disk is not permitted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def refusal(instance):
    """Start an instance that must refuse. Returns its one line."""
    instance.start()
    assert instance.wait_exit() == 1
    assert instance.output == ""
    [line] = instance.errors.splitlines()
    assert line.startswith("helicone: ")
    assert str(instance.data_dir) in line or str(instance.port) in line or "PORT" in line
    return line


def test_a_taken_port(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        instance = Instance(tmp_path / "data", port=taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{instance.port}: Address already in use" in refusal(instance)
    assert instance.processes() == {}
    assert not instance.data_dir.exists()


@pytest.mark.parametrize("port", ["http", "0", "65536"])
def test_a_port_that_is_none(tmp_path, port):
    instance = Instance(tmp_path / "data", env={"PORT": port})
    assert f"PORT is not a port number: {port}" in refusal(instance)


def test_a_data_directory_in_use(tmp_path):
    with Instance(tmp_path / "data") as first:
        first.start()
        assert wait_until(lambda: (first.data_dir / "secret_key").exists(), within_s=10)
        line = refusal(Instance(first.data_dir, port=free_port()))
        assert f"is in use by another supervisor (pid {first.pid})" in line


def test_an_unwritable_data_directory(tmp_path):
    directory = tmp_path / "data"
    directory.mkdir(mode=0o500)
    line = refusal(Instance(directory, user=normal_user()))
    assert f"cannot use the data directory {directory}: Permission denied" in line
    assert not list(directory.iterdir())


def test_a_data_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    line = refusal(Instance(tmp_path / "file" / "data"))
    assert "Not a directory" in line


def test_a_database_of_another_major_version(tmp_path):
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    for name in ("postgres_password", "secret_key"):
        (cluster.parent / name).write_text("kept\n")

    line = refusal(Instance(tmp_path / "data"))

    assert "was made by PostgreSQL 16, and this is PostgreSQL 18" in line
    assert "pg_dump of version 16" in line
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


@pytest.mark.parametrize("lost", ["postgres_password", "secret_key"])
def test_a_database_without_the_secrets_it_was_made_with(tmp_path, lost):
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("18\n")
    for name in {"postgres_password", "secret_key"} - {lost}:
        (cluster.parent / name).write_text("kept\n")

    assert f"{lost} is missing" in refusal(Instance(tmp_path / "data"))
    assert not (cluster.parent / lost).exists()


def test_a_nearly_full_disk(disk):
    instance = Instance(disk("size=50m") / "data")
    line = refusal(instance)
    assert "is nearly full: 52 MB free, 300 MB needed" in line
    assert instance.processes() == {}


def test_a_disk_that_gets_full_while_the_database_is_made(disk):
    """No room for more files, while the free space still looks well."""
    instance = Instance(disk("size=400m,nr_inodes=300") / "data")
    instance.start()
    assert instance.wait_exit() == 1
    [line] = instance.errors.splitlines()
    assert f"the disk of the data directory {instance.data_dir} is full" in line
    assert not list(instance.data_dir.glob("postgres*/"))
    assert instance.processes() == {}


def test_files_that_are_no_database(tmp_path):
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "notes.txt").write_text("mine")

    assert "holds files, but no PostgreSQL cluster" in refusal(Instance(tmp_path / "data"))
    assert os.listdir(cluster) == ["notes.txt"]
