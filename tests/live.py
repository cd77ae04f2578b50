"""What is alive during a test run: the servers, and what tests know of them."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_app.catalog import CATALOG
from tests.fake_provider.process import ProviderCall, ProviderProcess
from tests.instances import Instance
from tests.sinks import MailSink, ServiceSink, place_of

if TYPE_CHECKING:
    from accounts_app.models import Organization, User
    from ingest_app.bodies import Bodies
    from requests_app.models import Request

INIT_EMAIL = "owner@example.com"
INIT_PASSWORD = "correct horse battery"
INIT_ORGANIZATION = "First organization"
INIT_API_KEY = "sk-helicone-testing-testing-testing-testing"
# Short enough to wait for in a test, longer than any pause that another test asks the provider for.
UPSTREAM_IDLE_TIMEOUT_S = 4  # the one fake provider of a run may be busy for a second or two
# A host that may be stored as a provider's address, where tests run servers of their own.
ALLOWED_HOST = "127.0.0.7"


class Servers:
    """What the owning process runs: product, provider, and where notices go. Started when first asked for."""

    def __init__(self, base_dir: Path) -> None:
        self._base_dir = base_dir
        self._provider: ProviderProcess | None = None
        self._instance: Instance | None = None
        self._sinks: list[MailSink | ServiceSink] = []

    def addresses(self) -> dict[str, str]:
        """Returns the addresses of product and provider, which are up then."""
        if self._instance is None or self._provider is None:
            self._start()
        assert self._instance is not None
        assert self._provider is not None
        return {"stack": self._instance.url, "provider": self._provider.url}

    def _start(self) -> None:
        self._provider = ProviderProcess()
        mail = MailSink(place_of(self._base_dir, "mail"))
        services = ServiceSink(place_of(self._base_dir, "services"))
        self._sinks += [mail, services]
        external = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
        self._instance = Instance(
            self._base_dir / "data",
            env={
                **external,
                **provider_variables(self._provider.url),
                **mail.env,
                **services.env,
                "HELICONE_ALLOWED_TARGETS": f"{self._provider.url.removeprefix('http://')},{ALLOWED_HOST}",
                "HELICONE_UPSTREAM_IDLE_TIMEOUT_S": str(UPSTREAM_IDLE_TIMEOUT_S),
                "HELICONE_INIT_EMAIL": INIT_EMAIL,
                "HELICONE_INIT_PASSWORD": INIT_PASSWORD,
                "HELICONE_INIT_ORG": INIT_ORGANIZATION,
                "HELICONE_INIT_API_KEY": INIT_API_KEY,
            },
        )
        self._instance.start()
        self._instance.wait_ready()

    def log(self) -> list[str]:
        """Returns the product's last lines of output."""
        return self._instance.output.splitlines()[-80:] if self._instance else []

    def stop(self) -> None:
        """Stop what was started, and remove the data."""
        if self._instance is not None:
            self._instance.stop()
        if self._provider is not None:
            self._provider.stop()
        for sink in self._sinks:
            sink.stop()
        shutil.rmtree(self._base_dir, ignore_errors=True)


def provider_variables(url: str) -> dict[str, str]:
    """Returns the environment that makes the server at `url` the whole world's providers.

    Left out are those that have no address until somebody says it, which tests of the Providers page do.
    """
    names = (provider.name for provider in CATALOG.by_name.values() if provider.base_url)
    return {f"HELICONE_PROVIDER_{name.upper()}_URL": url for name in names}


@dataclass(frozen=True)
class Stack:
    """The running product."""

    url: str
    init_email: str = INIT_EMAIL
    init_password: str = INIT_PASSWORD
    init_api_key: str = INIT_API_KEY


@dataclass(frozen=True)
class Tenant:
    """An organization of one test."""

    organization: "Organization"
    owner: "User"
    api_key: str

    @property
    def id(self) -> int:
        """Returns the organization's id."""
        return self.organization.pk


@dataclass(frozen=True)
class Logged:
    """One request: what the provider saw, and what the product stored."""

    call: ProviderCall
    row: "Request"
    bodies: "Bodies"
