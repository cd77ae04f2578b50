"""The client towards providers: TLS."""

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway_app.upstream import Call, Timeouts, Unreachable, Upstream
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
                resolve=loopback, tls=ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
            )
            return await ask(upstream, f"https://provider.test:{server.port}")

    assert in_loop(main()) == b"ok"


@pytest.mark.parametrize("trusted", [True, False], ids=["for another host", "by a stranger"])
def test_a_certificate_that_does_not_fit_is_unreachable(tmp_path: Path, trusted: bool) -> None:
    async def main() -> None:
        async with serving(answering(OK), tls=server_side(tmp_path)) as server:
            context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem") if trusted else None)
            host = "other.test" if trusted else "provider.test"
            with pytest.raises(Unreachable, match="certificate"):
                await ask(Upstream(resolve=loopback, tls=context), f"https://{host}:{server.port}")

    in_loop(main())


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def server_side(place: Path) -> ssl.SSLContext:
    """Returns a context with a certificate for provider.test, which it leaves in `place`/cert.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("provider.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (place / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (place / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "cert.pem", place / "key.pem")
    return context
