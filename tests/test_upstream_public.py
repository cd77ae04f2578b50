"""The client towards providers: calls that may only reach the public internet (SSRF, DNS rebinding)."""

from collections.abc import Sequence

import pytest

from gateway_app.http1.addresses import is_public
from gateway_app.upstream import Call, NotPublic, TimedOut, Timeouts, Unreachable, Upstream
from tests.scripted_server import answering, in_loop, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PUBLIC = "93.184.215.14"


def call(origin: str, *, public_only: bool = True) -> Call:
    return Call(
        method="GET",
        origin=origin,
        target="/",
        headers=[],
        body=b"",
        timeouts=Timeouts(connect_s=0.5, first_byte_s=5, idle_s=5),
        public_only=public_only,
    )


async def ask(upstream: Upstream, asked: Call) -> bytes:
    async with upstream.send(asked) as answer:
        return await answer.read()


class Resolver:
    """Answers each question with the next of its answers, and the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.questions = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.questions += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_machines_and_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_way_of_writing_loopback_reaches_it(host: str) -> None:
    async def main() -> int:
        async with serving(answering(OK)) as server:
            with pytest.raises(Unreachable):
                await ask(Upstream(), call(f"http://{host}:{server.port}"))
            return len(server.connections)

    assert in_loop(main()) == 0


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    async def main() -> None:
        with pytest.raises(NotPublic, match=r"10\.0\.0\.1"):
            await ask(Upstream(resolve=Resolver([PUBLIC, "10.0.0.1"])), call("http://evil.test"))

    in_loop(main())


def test_a_name_that_changes_its_address_after_the_check_gains_nothing() -> None:
    resolver = Resolver([PUBLIC], ["127.0.0.1"])

    async def main() -> int:
        async with serving(answering(OK)) as server:
            upstream = Upstream(resolve=resolver)
            for _ in range(2):
                with pytest.raises((Unreachable, TimedOut)):
                    await ask(upstream, call(f"http://evil.test:{server.port}"))
            return len(server.connections)

    assert in_loop(main()) == 0
    assert resolver.questions == 1


def test_an_open_connection_that_was_not_checked_is_not_used_by_a_call_that_asks_for_it() -> None:
    async def main() -> None:
        async with serving(answering(OK, OK)) as server:
            upstream = Upstream()
            assert await ask(upstream, call(server.origin, public_only=False)) == b"ok"
            with pytest.raises(NotPublic):
                await ask(upstream, call(server.origin))

    in_loop(main())


def test_a_host_without_an_address_is_unreachable() -> None:
    async def main() -> None:
        with pytest.raises(Unreachable):
            await ask(Upstream(resolve=Resolver([])), call("http://nobody.test"))

    in_loop(main())
