"""Signatures for AWS: those that botocore, AWS's own library, computes for the same request."""

import random
import string
from datetime import UTC, datetime
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gateway_app.sigv4 import AwsKeys, signed

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SEEDS = range(200)


class _AtThatTime(botocore.auth.SigV4Auth):
    """botocore's signature, over the headers that it always signs."""

    def headers_to_sign(self, request: AWSRequest) -> object:
        for name in ("Content-Type", "User-Agent"):
            del request.headers[name]
        return super().headers_to_sign(request)


def botocores(
    keys: AwsKeys, method: str, origin: str, target: str, body: bytes, region: str, now: datetime
) -> str:
    """Returns the Authorization header that botocore makes."""
    credentials = Credentials(keys.access_key, keys.secret_key, keys.session_token or None)
    request = AWSRequest(method=method, url=origin + target, data=body)
    request.context["payload_signing_enabled"] = True
    auth = _AtThatTime(credentials, "bedrock", region)
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Content-SHA256"] = auth.payload(request)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if keys.session_token:
        request.headers["X-Amz-Security-Token"] = keys.session_token
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, Signature={signature}"


def ours(
    keys: AwsKeys, method: str, origin: str, target: str, body: bytes, region: str, now: datetime
) -> str:
    """Returns the Authorization header that the gateway makes."""
    headers = signed(
        keys, method=method, origin=origin, target=target, headers=[], body=body, region=region, now=now
    )
    return dict(headers)[b"authorization"].decode()


@pytest.mark.parametrize(
    "target",
    [
        "/model/amazon.nova-lite-v1:0/converse",
        "/model/amazon.nova-lite-v1%3A0/converse",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.claude/converse-stream",
        "/openai/v1/chat/completions",
        "/openai/v1/models?limit=20&after=a%2Fb",
        "/guardrail/g/version/1/apply?x=&y&a=1&a=0&%C3%BC=%20",
        "/",
    ],
)
@pytest.mark.parametrize("token", ["", "IQoJb3JpZ2luX2VjEXAMPLE=="])
def test_a_signature_is_botocores(target: str, token: str) -> None:
    keys = AwsKeys(KEYS.access_key, KEYS.secret_key, token)
    request = (
        keys,
        "POST",
        "https://bedrock-runtime.us-east-1.amazonaws.com",
        target,
        b'{"a":1}',
        "us-east-1",
        NOW,
    )
    assert ours(*request) == botocores(*request)


@pytest.mark.parametrize("seed", SEEDS)
def test_signatures_of_random_requests_are_botocores(seed: int) -> None:
    chance = random.Random(seed)

    def text(alphabet: str, longest: int) -> str:
        return "".join(chance.choices(alphabet, k=chance.randint(1, longest)))

    odd = string.ascii_letters + string.digits + "-_.~:/ +&=%ü雪"
    path = "".join("/" + quote(text(odd, 12), safe=chance.choice(["", ":", ":+"])) for _ in range(3))
    query = "&".join(
        f"{quote(text(odd, 6), safe='')}={quote(text(odd, 6), safe='')}" for _ in range(chance.randint(0, 4))
    )
    keys = AwsKeys(
        "AKIA" + text(string.ascii_uppercase, 16),
        text(string.ascii_letters + "/+", 40),
        chance.choice(["", text(string.ascii_letters + "/+=", 200)]),
    )
    region = chance.choice(["us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1"])
    now = datetime.fromtimestamp(chance.randint(1_000_000_000, 2_000_000_000), UTC)
    request = (
        keys,
        chance.choice(["POST", "GET", "PUT"]),
        f"https://bedrock-runtime.{region}.amazonaws.com",
        path + (f"?{query}" if query else ""),
        chance.randbytes(chance.randint(0, 300)),
        region,
        now,
    )
    assert ours(*request) == botocores(*request)


def test_a_signature_of_the_client_is_replaced() -> None:
    headers = signed(
        KEYS,
        method="POST",
        origin="https://bedrock-runtime.us-east-1.amazonaws.com",
        target="/model/m/converse",
        headers=[
            (b"authorization", b"AWS4-HMAC-SHA256 of the client"),
            (b"x-amz-date", b"20200101T000000Z"),
            (b"x-amz-security-token", b"theirs"),
            (b"x-amz-content-sha256", b"theirs"),
            (b"content-type", b"application/json"),
        ],
        body=b"{}",
        region="us-east-1",
        now=NOW,
    )
    assert [name for name, _ in headers] == [
        b"content-type",
        b"x-amz-content-sha256",
        b"x-amz-date",
        b"authorization",
    ]
    assert dict(headers)[b"x-amz-date"] == b"20260304T050607Z"


@pytest.mark.parametrize(
    ("stored", "keys"),
    [
        ("AKIA1:secret", AwsKeys("AKIA1", "secret")),
        ("ASIA1:secret:token:with:colons", AwsKeys("ASIA1", "secret", "token:with:colons")),
        ("bedrock-api-key-abc", None),
        ("bedrock:api", None),
        ("", None),
    ],
)
def test_stored_credentials_are_told_from_a_bearer_key(stored: str, keys: AwsKeys | None) -> None:
    assert AwsKeys.parse(stored) == keys
