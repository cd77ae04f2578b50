"""The live feed while what it stands on goes away: on an instance of its own."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.events import wait_until
from tests.fake_provider.process import ProviderHandle
from tests.instances import Instance
from tests.live import INIT_API_KEY, INIT_EMAIL, INIT_PASSWORD, provider_variables
from tests.live_feed import Watcher, under_way


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, provider: ProviderHandle) -> Iterator[Instance]:
    env = {
        **provider_variables(provider.url),
        "HELICONE_INIT_EMAIL": INIT_EMAIL,
        "HELICONE_INIT_PASSWORD": INIT_PASSWORD,
        "HELICONE_INIT_API_KEY": INIT_API_KEY,
    }
    with Instance(tmp_path_factory.mktemp("live") / "data", env=env) as instance:
        instance.start()
        instance.wait_ready(within_s=120)
        yield instance


def call(instance: Instance, **headers: str) -> None:
    with under_way(instance.url, INIT_API_KEY, **headers):
        pass


def test_it_goes_on_when_redis_was_killed(own: Instance) -> None:
    with Watcher(own.url, key=INIT_API_KEY) as watcher:
        call(own)
        watcher.wait_for(lambda: len(watcher.rows) == 1)
        valkey = own.children()["valkey"]
        os.kill(valkey, signal.SIGKILL)
        wait_until(lambda: own.children().get("valkey", valkey) != valkey, within_s=20)
        call(own)
        watcher.wait_for(lambda: len(watcher.rows) == 2 or watcher.named("gap"), within_s=20)
        call(own)
        watcher.wait_for(lambda: len(watcher.rows) >= 2, within_s=20)
        assert not watcher.has_ended


def test_viewers_do_not_hold_up_a_stop(own: Instance) -> None:
    with Watcher(own.url, key=INIT_API_KEY) as watcher:
        began_at = time.monotonic()
        own.stop()
        watcher.wait_for(lambda: watcher.has_ended)
    # Running answers would have thirty seconds.
    assert time.monotonic() - began_at < 15
