"""The tool and servers to export from: `pytest_plugins = ("tests.exporter_fixtures",)`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.exporter import Exporter, exporter_of
from tests.fake_helicone import KEY, FakeHelicone


@pytest.fixture
def make_fake() -> Iterator[Callable[..., FakeHelicone]]:
    """Returns a function that starts a fake of Helicone's API."""
    fakes: list[FakeHelicone] = []

    def make(*, cloud: bool = False) -> FakeHelicone:
        fakes.append(FakeHelicone(cloud=cloud))
        return fakes[-1]

    yield make
    for fake in fakes:
        fake.stop()


@pytest.fixture
def ours(make_fake: Callable[..., FakeHelicone]) -> FakeHelicone:
    """A server that answers as this product does."""
    return make_fake()


@pytest.fixture
def exporter(ours: FakeHelicone, tmp_path: Path) -> Exporter:
    """The tool, pointed at `ours`."""
    return exporter_of(tmp_path, ours.url, KEY)


@pytest.fixture
def cloud(make_fake: Callable[..., FakeHelicone]) -> FakeHelicone:
    """A server that answers as Helicone's cloud does."""
    return make_fake(cloud=True)


@pytest.fixture
def cloud_exporter(cloud: FakeHelicone, tmp_path: Path) -> Exporter:
    """The tool, pointed at Helicone's cloud by name; `cloud` is in the way as a proxy."""
    return exporter_of(tmp_path, "http://api.helicone.ai", KEY, HTTP_PROXY=cloud.url, http_proxy=cloud.url)
