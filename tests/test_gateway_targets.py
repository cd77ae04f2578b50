"""Where a client may send the gateway, and that all other ways to name a place lead nowhere."""

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import pytest

from accounts_app import actions
from gateway_app.http1.addresses import is_public
from gateway_app.upstream import NotPublic, Upstream
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.fuzzing import call_to
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.raw_http import RawAnswer, send
from tests.raw_socket import ScriptedServer, answering

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}'
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
Post = Callable[..., RawAnswer]

# {port} is where the fake provider listens, so that whoever gets through is seen there.
REFUSED = {
    "loopback": (
        "http://localhost:{port}",
        "http://127.0.0.2:{port}",
        "http://127.1:{port}",
        "http://0:{port}",
        "http://0.0.0.0:{port}",
        "http://[::1]:{port}",
        "http://[::ffff:127.0.0.1]:{port}",
        "http://[::127.0.0.1]:{port}",
        "http://[64:ff9b::7f00:1]:{port}",
        "http://ip6-localhost:{port}",
    ),
    "loopback in numbers": (
        "http://2130706433:{port}",
        "http://0x7f000001:{port}",
        "http://0x7f.0.0.1:{port}",
        "http://017700000001:{port}",
        "http://0177.0.0.1:{port}",
        "http://127.0.0.1%00:{port}",
        "http://①②⑦.0.0.1:{port}",
        "http://127。0。0。1:{port}",
    ),
    "private networks": (
        "http://10.0.0.1",
        "https://172.16.0.1",
        "https://192.168.1.1/admin",
        "http://100.64.0.1",
        "https://[fd12:3456::1]",
        "https://[fe80::1]",
        "https://[fe80::1%25eth0]",
    ),
    "metadata": (
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254.:80",
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://[fd00:ec2::254]/latest",
        "http://[::ffff:169.254.169.254]",
        "http://metadata.google.internal/computeMetadata/v1",
        "http://METADATA.google.internal.",
    ),
    "a user before the host": (
        "https://api.openai.com@127.0.0.1:{port}",
        "https://api.openai.com:443@evil.test",
        "https://user:secret@api.openai.com",
        "https://@api.openai.com",
        "https://api.openai.com\\@evil.test",
        "https://evil.test\\.api.openai.com",
        "https://api.openai.com%40evil.test",
    ),
    "another port or scheme": (
        "https://api.openai.com:8443",
        "https://api.openai.com:0",
        "https://api.openai.com:99999",
        "https://api.openai.com:x",
        "http://api.openai.com",
        "http://api.openai.com:443",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/_GET",
        "ftp://api.openai.com",
        "unix:///run/valkey.sock",
        "//api.openai.com",
        "api.openai.com",
        "https:api.openai.com",
        "https://",
        "https:///v1",
        "javascript:alert(1)",
    ),
    "a name like a provider's": (
        "https://api.openai.com.evil.test",
        "https://evil-api.openai.com",
        "https://evil.test/api.openai.com",
        "https://evil.test#api.openai.com",
        "https://evil.test?api.openai.com",
        "https://apiXopenai.com",
        "https://ａｐｉ.openai.com",
        "https://api。openai。com",
        "https://api.ореnai.com",
        "https://api.openai.com/v1?key=x",
    ),
    "a path that is more than one": (
        "https://api.openai.com/v1 HTTP/1.1",
        "https://api.openai.com/日本",
    ),
    "a port that is not the allowed one": ("http://127.0.0.1:9", "http://127.0.0.1", "https://127.0.0.1"),
}


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Callable[..., dict[str, str]]) -> Post:
    """Returns a function that posts a chat completion with more headers."""

    def post(path: str = "/v1/gateway/gateway/v1/chat/completions", **headers: str) -> RawAnswer:
        usual = {
            "Authorization": "Bearer sk-fake-openai-key",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            "Content-Type": "application/json",
            **scenario(),
        }
        more = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
        return send(stack.url + path, body=CHAT, headers=usual | more)

    return post


def assert_refused(rows: Sequence[Request], statuses: Sequence[int]) -> None:
    assert set(statuses) <= {400, 403}
    assert sorted(row.status for row in rows) == sorted(statuses)
    assert {row.error for row in rows} <= {"invalid_format", "target_not_allowed"}


@pytest.mark.parametrize("kind", REFUSED)
def test_no_target_leads_to(
    post: Post,
    provider: ProviderHandle,
    organization: Tenant,
    marker: str,
    wait_for_rows: Callable[..., list[Request]],
    kind: str,
) -> None:
    port = str(urlsplit(provider.url).port)
    statuses = []
    for number, target in enumerate(REFUSED[kind]):
        url = target.replace("{port}", port)
        if number % 2:
            answer = post("/v1/chat/completions", Helicone_OpenAI_Api_Base=url)
        else:
            answer = post(Helicone_Target_Url=url)
        statuses.append(answer.status)
        assert answer.status in {400, 403}, (url, answer)

    assert_refused(wait_for_rows(organization.id, len(statuses)), statuses)
    assert not provider.calls(marker)


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "https://evil.test", "file:///etc/passwd"])
def test_a_stored_address_is_checked_when_it_is_used(
    post: Post,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    wait_for_rows: Callable[..., list[Request]],
    endpoint: str,
) -> None:
    # As it may have been stored before the operator changed what is allowed.
    actions.store_provider_key(
        organization=organization.organization, provider="azure", secret="azure-key", endpoint=endpoint
    )
    gateway_knows()
    answer = post("/v1/gateway/azure/openai/v1/chat/completions")

    assert_refused(wait_for_rows(organization.id), [answer.status])


@pytest.mark.parametrize("vendor", ["azure", "openai", "anthropic"])
def test_a_stored_key_goes_to_no_address_that_a_client_names(
    post: Post, organization: Tenant, gateway_knows: Callable[[], None], vendor: str
) -> None:
    with (
        ScriptedServer(ALLOWED_HOST, answering(OK)) as own,
        ScriptedServer(ALLOWED_HOST, answering(OK)) as other,
    ):
        actions.store_provider_key(
            organization=organization.organization, provider=vendor, secret="stored-key", endpoint=own.url
        )
        gateway_knows()
        path = f"/v1/gateway/{vendor}/v1/chat/completions"
        assert post(path, Authorization="").status == 200
        post(path, Authorization="", Helicone_Target_Url=other.url)
        post(path, Authorization="", Helicone_OpenAI_Api_Base=other.url)
        assert post(path, Authorization="", Helicone_Target_Url="https://evil.openai.azure.com").status == 401

    assert b"stored-key" in own.requests[0]
    assert b"stored-key" not in b"".join(other.requests)


def test_a_listed_host_is_reached_at_any_port(
    post: Post, wait_for_rows: Callable[..., list[Request]]
) -> None:
    with ScriptedServer(ALLOWED_HOST, answering(OK)) as server:
        answer = post(Helicone_Target_Url=server.url + "/base/v1/")
    assert (answer.status, answer.body) == (200, b'{"ok":true}')
    assert server.requests[0].startswith(b"POST /base/v1/chat/completions HTTP/1.1\r\nHost: ")


def test_a_listed_host_and_port_are_reached(post: Post, provider: ProviderHandle, marker: str) -> None:
    assert post(Helicone_Target_Url=provider.url).status == 200
    assert provider.call(marker).path == "/v1/chat/completions"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com",
        "HTTPS://API.OpenAI.com.",
        "https://api.openai.com:443/v1/",
        " https://api.openai.com#x ",
    ],
)
def test_a_known_provider_is_reached_however_its_address_is_written(
    post: Post, provider: ProviderHandle, marker: str, url: str
) -> None:
    assert post(Helicone_Target_Url=url).status == 200
    assert provider.call(marker).path == "/v1/chat/completions"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_the_clients_to_follow(
    post: Post, provider: ProviderHandle, marker: str, status: int
) -> None:
    place = f"{provider.url}/v1/chat/completions"
    moved = f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
    with ScriptedServer(ALLOWED_HOST, answering(moved)) as server:
        answer = post(Helicone_Target_Url=server.url)

    assert (answer.status, answer.header("location"), answer.body) == (status, place, b"")
    assert len(server.requests) == 1
    assert not provider.calls(marker)


PRIVATE = (
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),  # noqa: S104
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9"),
    *(
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "fec0::1",
    ),
    *("::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "5f00::1"),
)
PUBLIC = ("1.1.1.1", "104.18.6.192", "2606:4700::6812:6c0", "64:ff9b::101:101", "::ffff:1.1.1.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_is_not_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_is_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["2606:4700::1", "::ffff:10.0.0.1"]]
)
def test_a_public_name_with_a_private_address_is_not_connected_to(found: list[str]) -> None:
    with ScriptedServer("127.0.0.1", answering(OK)) as server:
        port = urlsplit(server.url).port
        with pytest.raises(NotPublic):
            asyncio.run(_ask(f"http://rebinding.test:{port}", [found]))
    assert server.connections == 0


def test_a_name_that_changes_its_address_between_two_calls_gains_nothing() -> None:
    # The first call is the operator's own, which may go anywhere, and its connection stays open.
    with ScriptedServer("127.0.0.1", answering(OK, keep=True)) as server:
        origin = f"http://rebinding.test:{urlsplit(server.url).port}"
        with pytest.raises(NotPublic):
            asyncio.run(_ask(origin, [["127.0.0.1"]], public_only=(False, True)))
    assert len(server.requests) == 1


async def _ask(origin: str, found: list[list[str]], public_only: tuple[bool, ...] = (True,)) -> None:
    """Call `origin`, whose name has the addresses that are next in `found`."""

    async def resolve(host: str, port: int) -> list[str]:
        return found[0] if len(found) == 1 else found.pop(0)

    upstream = Upstream(resolve=resolve)
    try:
        for only in public_only:
            async with upstream.send(call_to(origin, "/", public_only=only)) as answer:
                while await answer.read():
                    pass
    finally:
        await upstream.close()
