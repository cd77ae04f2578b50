"""Signing requests to AWS (Signature Version 4).

The recipe is docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
A client signs for the host that it talks to, which is this one, so every request to Bedrock is signed again.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

_SIGNED_BEFORE = (b"authorization", b"x-amz-date", b"x-amz-content-sha256", b"x-amz-security-token")


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """Credentials, of which the session token is "" with long-lived ones."""

    access_key: str
    secret_key: str
    session_token: str = ""

    @classmethod
    def parse(cls, stored: str) -> "AwsKeys | None":
        """Returns the keys in `access:secret` or `access:secret:token`; None for a bearer key of Bedrock."""
        parts = stored.split(":", 2)
        return cls(*parts) if len(parts) > 1 and parts[0].startswith(("AKIA", "ASIA")) else None


def signed(
    keys: AwsKeys,
    *,
    method: str,
    origin: str,
    target: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    region: str,
    now: datetime | None = None,
) -> list[tuple[bytes, bytes]]:
    """Returns `headers` with the signature for service `bedrock`; those of an earlier signature are left out."""
    at = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    payload_hash = hashlib.sha256(body).hexdigest()
    own = [
        (b"x-amz-content-sha256", payload_hash.encode()),
        (b"x-amz-date", at.encode()),
    ]
    if keys.session_token:
        own.append((b"x-amz-security-token", keys.session_token.encode()))
    signing = sorted([(b"host", origin.partition("://")[2].encode()), *own])
    names = b";".join(name for name, _ in signing).decode()
    path, _, query = target.partition("?")
    request = "\n".join(
        (
            method,
            # Each segment is encoded once more than it is sent, except with S3.
            quote(path, safe="/-_.~"),
            _canonical_query(query),
            *(f"{name.decode()}:{value.decode('latin-1').strip()}" for name, value in signing),
            "",
            names,
            payload_hash,
        )
    )
    scope = f"{at[:8]}/{region}/bedrock/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{keys.secret_key}".encode()
    for part in (at[:8], region, "bedrock", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    kept = [pair for pair in headers if pair[0] not in _SIGNED_BEFORE]
    return [*kept, *own, (b"authorization", authorization.encode())]


def _canonical_query(query: str) -> str:
    pairs = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)
