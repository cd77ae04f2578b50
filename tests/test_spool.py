"""What happens to events while Redis does not answer: they wait on the disk, and go in afterwards."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from helicone_site.redis_client import async_client
from ingest_app.event_log import EventLog
from ingest_app.events import decode, encode
from ingest_app.spool import Spool
from ingest_app.stream import wake
from tests.conftest import Tenant
from tests.events import chat_event


def replayed(directory: Path) -> list[bytes]:
    payloads: list[bytes] = []
    Spool(directory).replay(payloads.append)
    return payloads


def abandoned(directory: Path, *payloads: bytes) -> Path:
    """Returns the file of a process that spooled `payloads` and died."""
    pid = os.fork()
    if pid == 0:
        spool = Spool(directory)
        spool.append(payloads)
        os._exit(0)
    os.waitpid(pid, 0)
    (path,) = directory.glob("*.spool")
    return path


def test_what_a_dead_process_spooled_is_replayed_in_order(tmp_path: Path) -> None:
    abandoned(tmp_path, b"one", b"", b"three" * 1000)
    assert replayed(tmp_path) == [b"one", b"", b"three" * 1000]
    assert Spool(tmp_path).is_empty()


def test_a_torn_last_record_is_left_out(tmp_path: Path) -> None:
    path = abandoned(tmp_path, b"whole", b"torn in the middle")
    path.write_bytes(path.read_bytes()[:-5])
    assert replayed(tmp_path) == [b"whole"]


def test_a_damaged_record_ends_the_replay_of_its_file(tmp_path: Path) -> None:
    path = abandoned(tmp_path, b"whole", b"damaged")
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    assert replayed(tmp_path) == [b"whole"]


def test_the_file_of_a_living_process_is_not_touched(tmp_path: Path) -> None:
    living = Spool(tmp_path)
    living.append([b"mine"])
    assert replayed(tmp_path) == []
    payloads: list[bytes] = []
    living.replay(payloads.append)
    assert payloads == [b"mine"]


def test_a_file_stays_until_all_of_it_was_delivered(tmp_path: Path) -> None:
    abandoned(tmp_path, b"one", b"two")

    def fails(payload: bytes) -> None:
        if payload == b"two":
            raise ConnectionError

    with pytest.raises(ConnectionError):
        Spool(tmp_path).replay(fails)
    assert replayed(tmp_path) == [b"one", b"two"]


def test_events_wait_on_disk_while_redis_is_away(
    tmp_path: Path, organization: Tenant, settings_redis_url: Callable[[str], None]
) -> None:
    event = chat_event(organization.id)

    async def put_without_redis() -> int:
        settings_redis_url("redis://127.0.0.1:1")
        log = EventLog(client=async_client(timeout_s=0.2), spool=Spool(tmp_path), wake=lambda: None)
        await asyncio.wait_for(log.put(event), 5)
        await log.close()
        return log.dropped

    assert asyncio.run(put_without_redis()) == 0
    # The process that wrote it lives (it is this one), so give the file up as a death would.
    (path,) = tmp_path.glob("*.spool")
    copy = path.with_name("copy.spool")
    copy.write_bytes(path.read_bytes())
    path.unlink()
    (payload,) = replayed(tmp_path)
    assert decode(payload) == [event]


def test_spooled_events_reach_the_table_when_redis_is_back(
    tmp_path: Path, organization: Tenant, wait_for_rows: Callable[..., list]
) -> None:
    event = chat_event(organization.id)
    abandoned(tmp_path, encode([event]))

    async def run() -> None:
        log = EventLog(client=async_client(timeout_s=2), spool=Spool(tmp_path), wake=wake)
        log.start()
        while not Spool(tmp_path).is_empty():
            await asyncio.sleep(0.02)
        await log.close()

    asyncio.run(asyncio.wait_for(run(), 10))
    assert wait_for_rows(organization.id)[0].id == event.id


def test_a_full_disk_drops_the_event_and_counts_it(
    organization: Tenant, settings_redis_url: Callable[[str], None]
) -> None:
    async def put() -> int:
        settings_redis_url("redis://127.0.0.1:1")
        log = EventLog(
            client=async_client(timeout_s=0.2), spool=Spool(Path("/dev/full/spool")), wake=lambda: None
        )
        await asyncio.wait_for(log.put(chat_event(organization.id)), 5)
        await log.close()
        return log.dropped

    assert asyncio.run(put()) == 1


@pytest.fixture
def settings_redis_url(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    from django.conf import settings

    return lambda url: monkeypatch.setattr(settings, "REDIS_URL", url)
