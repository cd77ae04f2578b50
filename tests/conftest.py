"""One product and one fake provider for the whole run; tests are kept apart by organization.

The process that the user started (pytest-xdist's controller, or the only one) owns both and stops them. Tests
reach the product through its front door; the ORM and the actions work on the same database beside it.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.fake_provider.process import ProviderHandle  # noqa: E402
from tests.fake_provider.scenario import header  # noqa: E402
from tests.live import Logged, Servers, Stack, Tenant  # noqa: E402
from tests.raw_http import send  # noqa: E402

if TYPE_CHECKING:
    import anthropic
    import openai

    from ingest_app.bodies import Bodies
    from requests_app.models import Request

_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """Point settings at the run's data directory before any test module is imported."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        os.environ["HELICONE_DATA_DIR"] = workerinput["data_dir"]
    else:
        base_dir = Path(tempfile.mkdtemp(prefix="helicone-tests-"))
        base_dir.chmod(0o711)  # servers that root starts run as another user, who must get through
        os.environ["HELICONE_DATA_DIR"] = str(base_dir / "data")
        # Settings read the generated passwords. Another process makes them: who opens the directory holds it.
        subprocess.run(
            [sys.executable, "-c", "from helicone_site.datadir import open_data_dir; open_data_dir()"],
            cwd=PROJECT,
            check=True,
        )
        config.stash[_SERVERS] = Servers(base_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "helicone_site.settings"
    import django

    django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where everything is."""
    node.workerinput["data_dir"] = os.environ["HELICONE_DATA_DIR"]
    try:
        node.workerinput["addresses"] = node.config.stash[_SERVERS].addresses()
    except AssertionError as error:
        pytest.exit(f"the product did not start: {error}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """After a failure show what the product had to say."""
    servers = config.stash.get(_SERVERS, None)
    if servers is not None and exitstatus == pytest.ExitCode.TESTS_FAILED:
        terminalreporter.section("the product's last lines")
        for line in servers.log():
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, also after Ctrl-C."""
    from django.db import connections

    connections.close_all()
    servers = config.stash.get(_SERVERS, None)
    if servers is not None:
        servers.stop()


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> dict[str, str]:
    workerinput = getattr(request.config, "workerinput", None)
    return workerinput["addresses"] if workerinput else request.config.stash[_SERVERS].addresses()


@pytest.fixture(scope="session")
def stack(addresses: dict[str, str]) -> Stack:
    """The running product; `.url` is its origin."""
    return Stack(addresses["stack"])


@pytest.fixture(scope="session")
def provider(addresses: dict[str, str]) -> ProviderHandle:
    """The fake provider behind the product."""
    return ProviderHandle(addresses["provider"])


@pytest.fixture
def make_tenant(stack: Stack) -> Callable[[], Tenant]:
    """Returns a function that makes an organization with an owner and an API key."""
    from accounts_app import actions

    def make() -> Tenant:
        name = f"Test {secrets.token_hex(6)}"
        # Without a password: hashing one takes longer than most tests.
        owner = actions.create_user(email=f"{name.replace(' ', '-').lower()}@example.com", password=None)
        organization = actions.create_organization(name=name, owner=owner)
        issued = actions.issue_api_key(organization=organization, name="Tests", actor=owner)
        return Tenant(organization, owner, issued.secret)

    return make


@pytest.fixture
def organization(make_tenant: Callable[[], Tenant]) -> Tenant:
    """An organization for this test alone."""
    return make_tenant()


@pytest.fixture
def gateway_knows(stack: Stack, make_tenant: Callable[[], Tenant]) -> Callable[..., None]:
    """Returns a function that waits until the gateway (at `url`) knows of all keys stored and revoked so far.

    It looks a new API key up when one comes, but is told of other changes on another way than requests come.
    A key that may only read, made last, shows that it knows: it answers 403 then, and logs nothing.
    """
    from accounts_app import actions

    elsewhere = make_tenant().organization

    def wait(url: str = stack.url) -> None:
        probe = actions.issue_api_key(organization=elsewhere, name="Probe", scope="r")
        answer = send(f"{url}/v1/models", method="GET", headers={"Authorization": f"Bearer {probe.secret}"})
        assert answer.status == 403

    return wait


@pytest.fixture
def wait_for_rows() -> Callable[..., "list[Request]"]:
    """Returns a function that waits for an organization's rows and returns them, newest first."""
    from requests_app.models import Request

    def wait(organization_id: int, n: int = 1, timeout: float = 10) -> "list[Request]":
        deadline = time.monotonic() + timeout
        while True:
            rows = list(
                Request.objects.filter(organization_id=organization_id).order_by("-created_at", "-id")
            )
            if len(rows) >= n:
                return rows
            assert time.monotonic() < deadline, f"{len(rows)} of {n} rows after {timeout} s"
            time.sleep(0.05)

    return wait


@pytest.fixture
def marker() -> str:
    """What finds this test's calls at the provider."""
    return secrets.token_hex(8)


@pytest.fixture
def scenario(marker: str) -> Callable[..., dict[str, str]]:
    """Returns a function that makes the header asking something of the provider (fake_provider.scenario)."""

    def make(**settings: object) -> dict[str, str]:
        return header(marker=marker, **settings)

    return make


@pytest.fixture
def logged(
    organization: Tenant,
    provider: ProviderHandle,
    marker: str,
    wait_for_rows: "Callable[..., list[Request]]",
    bodies_of: "Callable[[Request], Bodies]",
) -> Callable[[], Logged]:
    """Returns a function that waits for the test's only request to be logged, and returns all about it."""

    def find() -> Logged:
        rows = wait_for_rows(organization.id)
        assert len(rows) == 1
        return Logged(provider.call(marker), rows[0], bodies_of(rows[0]))

    return find


@pytest.fixture
def bodies_of() -> "Callable[[Request], Bodies]":
    """Returns a function that reads a row's stored bodies."""
    from ingest_app.bodies import BodyKey, body_store

    def read(row: "Request") -> "Bodies":
        bodies = body_store().get(BodyKey(row.organization_id, row.created_at, row.id))
        assert bodies is not None, "the row has no bodies"
        return bodies

    return read


@pytest.fixture
def openai_client(stack: Stack, organization: Tenant) -> "Iterator[openai.OpenAI]":
    """The openai SDK as users of the product set it up, without its own retries."""
    import openai

    with openai.OpenAI(
        api_key="sk-fake-openai-key",
        base_url=f"{stack.url}/v1",
        default_headers={"Helicone-Auth": f"Bearer {organization.api_key}"},
        max_retries=0,
        timeout=10,
    ) as client:
        yield client


@pytest.fixture
def anthropic_client(stack: Stack, organization: Tenant) -> "Iterator[anthropic.Anthropic]":
    """The anthropic SDK as users of the product set it up, without its own retries."""
    import anthropic

    with anthropic.Anthropic(
        api_key="sk-ant-fake-anthropic-key",
        base_url=stack.url,
        default_headers={"Helicone-Auth": f"Bearer {organization.api_key}"},
        max_retries=0,
        timeout=10,
    ) as client:
        yield client
