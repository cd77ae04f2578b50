"""JSON that ends midway, because only the first part of a very large body was kept."""

import re

# Strings, which may have no end, and what opens, closes and separates; the rest needs no look.
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\],]', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
READ_BYTES = 1 << 20  # of a cut body; what is asked for stands near its beginning, if anywhere


def closed(body: bytes) -> bytes:
    """Returns `body` without what is incomplete at its end, closed so that it is JSON again.

    Looks at the first megabyte only. What was no JSON before is none afterwards.
    """
    body = body[:READ_BYTES]
    open_brackets: list[bytes] = []
    complete = 0
    for token in _TOKENS.finditer(body):
        sign = token[0]
        if sign in _CLOSING:
            open_brackets.append(_CLOSING[sign])
            complete = token.end()
        elif sign in {b"}", b"]"}:
            if not open_brackets:
                break
            open_brackets.pop()
            complete = token.end()
        elif sign == b",":
            complete = token.start()
        else:
            continue
    return body[:complete] + b"".join(reversed(open_brackets))
