import hashlib
import hmac
import time
from collections.abc import Mapping

MAX_AGE_S = 300
# The deliveries that you have handled. With several processes keep them in Redis or a database, for two days.
handled: set[str] = set()


def delivery_id(raw_body: bytes, headers: Mapping[str, str], signing_key: str) -> str | None:
    """The id of a call that is from your Helicone, unchanged and not older than five minutes; None for any other."""
    parts = [part.partition("=")[::2] for part in headers.get("Helicone-Signature-V2", "").split(",")]
    said = dict(parts)
    signed = f"{said.get('t')}.{said.get('id')}.".encode() + raw_body
    expected = hmac.new(signing_key.encode(), signed, hashlib.sha256).hexdigest()
    if not any(
        name == "v1" and hmac.compare_digest(value.encode(), expected.encode()) for name, value in parts
    ):
        return None
    return said["id"] if abs(time.time() - int(said["t"])) <= MAX_AGE_S else None


def receive(raw_body: bytes, headers: Mapping[str, str], signing_key: str) -> int:
    """The HTTP status to answer with."""
    id = delivery_id(raw_body, headers, signing_key)
    if id is None:
        return 401
    if id not in handled:  # the same may come twice: answer as before, and do nothing
        print(raw_body.decode())  # what you want to do with it
        handled.add(id)
    return 200
