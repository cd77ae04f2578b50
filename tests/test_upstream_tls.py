"""The client towards providers: TLS."""

import ssl
from pathlib import Path

import pytest

from gateway_app.upstream import Call, Timeouts, Unreachable, Upstream
from tests.certificates import Authority
from tests.scripted_server import answering, in_loop, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def ask(upstream: Upstream, origin: str) -> bytes:
    call = Call(
        method="GET",
        origin=origin,
        target="/",
        headers=[],
        body=b"",
        timeouts=Timeouts(5, first_byte_s=5, idle_s=5),
    )
    async with upstream.send(call) as answer:
        return await answer.read()


def test_tls_is_spoken_under_the_hosts_name(tmp_path: Path) -> None:
    async def main() -> bytes:
        async with serving(answering(OK), tls=server_side(tmp_path)) as server:
            upstream = Upstream(
                resolve=loopback, tls=ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
            )
            return await ask(upstream, f"https://provider.test:{server.port}")

    assert in_loop(main()) == b"ok"


@pytest.mark.parametrize("trusted", [True, False], ids=["for another host", "by a stranger"])
def test_a_certificate_that_does_not_fit_is_unreachable(tmp_path: Path, trusted: bool) -> None:
    async def main() -> None:
        async with serving(answering(OK), tls=server_side(tmp_path)) as server:
            context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem") if trusted else None)
            host = "other.test" if trusted else "provider.test"
            with pytest.raises(Unreachable, match="certificate"):
                await ask(Upstream(resolve=loopback, tls=context), f"https://{host}:{server.port}")

    in_loop(main())


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def server_side(place: Path) -> ssl.SSLContext:
    """Returns a context with a certificate for provider.test, by an authority that it leaves in `place`."""
    return Authority(place).server_side("provider.test")
