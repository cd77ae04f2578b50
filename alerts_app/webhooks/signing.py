"""What a receiver tells our calls by (docs/webhooks.md): who sent this, when, and whether it was here before.

`Helicone-Signature` is Helicone's: it covers the body alone, so that whoever sees a call can send it again.
`Helicone-Signature-V2` covers the time and the delivery's id, too.
"""

import hmac
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from alerts_app.webhooks.payload import SIGNATURE_HEADER, signature

ID_HEADER = "Helicone-Delivery-Id"
ATTEMPT_HEADER = "Helicone-Delivery-Attempt"
TIMESTAMP_HEADER = "Helicone-Delivery-Timestamp"
V2_HEADER = "Helicone-Signature-V2"
OVERLAP = timedelta(hours=24)
"""For so long after a rotation the previous key signs, too."""


def signed_headers(
    body: bytes, keys: Sequence[str], *, delivery_id: UUID, attempt: int, at_s: int
) -> list[tuple[str, str]]:
    """Returns the headers of one attempt, made at `at_s` (Unix seconds).

    The first of the `keys` makes the plain signature; V2 has one of each, and holds if any of them does.
    """
    signed = b"%d.%b." % (at_s, str(delivery_id).encode()) + body
    signatures = ",".join(f"v1={hmac.digest(key.encode(), signed, 'sha256').hex()}" for key in keys)
    return [
        (SIGNATURE_HEADER, signature(body, keys[0])),
        (ID_HEADER, str(delivery_id)),
        (ATTEMPT_HEADER, str(attempt)),
        (TIMESTAMP_HEADER, str(at_s)),
        (V2_HEADER, f"t={at_s},id={delivery_id},{signatures}"),
    ]
