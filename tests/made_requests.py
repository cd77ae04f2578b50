"""Requests and answers of every kind that HTTP allows, made up from a seed."""

import gzip
import json
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.raw_socket import chunked, request

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SEGMENTS = (
    *(
        "models",
        "files",
        "chat",
        "completions",
        "gpt-4o",
        "a%20b",
        "%C3%BC",
        "%c3%bc",
        "%2F",
        "%2f",
    ),
    *(
        "%25",
        "%00",
        "%0d%0a",
        "%zz",
        "%",
        "..",
        ".",
        "",
        "",
        "a;b=c",
        "a:b",
        "@",
        "~x",
        "a+b",
        "(x)",
        "'",
        "*",
        "$",
        "!",
    ),
    *(
        "sk-mine",
        "v1",
        "gateway",
        "%2e%2e",
        "x" * 300,
        "a,b",
        "a=b",
        "&",
        '"',
        "|",
        "^",
        "{x}",
        "[1]",
        "\\",
        "`",
    ),
)
_QUERIES = (
    *(
        "a=1",
        "a=2",
        "a=",
        "=",
        "b",
        "",
        "a=%20+%2B",
        "%zz",
        "key=k",
        "x[]=1",
        "x[]=2",
    ),
    *("?", "a=b=c", "'", '"', "redirect=https://x.test/?y=1", "a=" + "z" * 500),
)
_FOR_ONE_HOP = (
    "Cookie: a=b",
    "TE: trailers",
    "Connection: X-Hop",
    "Keep-Alive: timeout=5",
    "Proxy-Authorization: Basic eA==",
)
_TEXT = (
    "Hi",
    "Grüße",
    "日本語 👋",
    'a\\b"c',
    "line\nline\r\n",
    "\t",
    "",
    "\u2028",
    "data: [DONE]\n\n",
    ',"usage":null',
)
_MODELS = {
    "/v1/chat/completions": "gpt-4o",
    "/v1/completions": "gpt-3.5-turbo-instruct",
    "/v1/responses": "gpt-5",
    "/v1/embeddings": "text-embedding-3-small",
    "/v1/messages": "claude-haiku-4-5",
    "/v1/messages/count_tokens": "claude-haiku-4-5",
}


@dataclass(frozen=True)
class MadeRequest:
    """One request, to be sent to the provider straight or through the gateway."""

    vendor: str
    method: str
    target: str
    headers: list[tuple[str, str | bytes]]
    scenario: str  # what the fake provider is asked
    body: bytes = b""
    in_chunks: tuple[int, ...] = ()  # their sizes; () when the length is announced
    is_unasked_stream: bool = False  # of chat, so that the gateway asks for usage in the client's place

    def wire(self, host: str, prefix: str, more: list[tuple[str, str | bytes]]) -> bytes:
        """Returns the bytes to send, with `prefix` before the path and `more` headers."""
        headers = [("Host", host), *self.headers, ("x-fake-scenario", self.scenario), *more]
        if not self.in_chunks:
            return request(self.method, prefix + self.target, headers, self.body)
        head = request(self.method, prefix + self.target, [*headers, ("Transfer-Encoding", "chunked")])
        pieces, rest = [], self.body
        for size in self.in_chunks:
            pieces.append(rest[:size])
            rest = rest[size:]
        return head + chunked([*pieces, rest])


def any_request(random: Random, scenario: str) -> MadeRequest:
    """Returns a request to one of the provider's endpoints or to anything else below /v1."""
    if random.random() < 0.6:
        return _to_endpoint(random, scenario)
    vendor = random.choice(("openai", "anthropic"))
    target = "/v1/" + "/".join(random.choices(_SEGMENTS, k=random.randint(1, 5)))
    if random.random() < 0.6:
        target += "?" + "&".join(random.choices(_QUERIES, k=random.randint(1, 5)))
    method = random.choice(_METHODS)
    body = random.choice((b"", b"", random.randbytes(random.choice((1, 30, 5000, 200_000))), b"a=1&a=2&b="))
    kind = random.choice(
        ("application/octet-stream", "application/x-www-form-urlencoded", "text/plain;charset=utf-16")
    )
    headers = _headers(random, vendor) + ([("Content-Type", kind)] if body else [])
    return MadeRequest(vendor, method, target, headers, scenario, body, _chunk_sizes(random, body))


def _to_endpoint(random: Random, scenario: str) -> MadeRequest:
    path = random.choice(
        (*_MODELS, "/v1/chat/completions", "/v1/chat/completions", "/v1/messages", "/v1/images/edits")
    )
    vendor = "anthropic" if "/messages" in path else "openai"
    headers = _headers(random, vendor)
    scenario += " " + " ".join(f"{name}={value}" for name, value in _delivery(random).items())
    if path.endswith("/edits"):
        kind, body = _form(random)
        headers.append(("Content-Type", kind))
        return MadeRequest(vendor, "POST", path, headers, scenario, body, _chunk_sizes(random, body))
    asked = _asked(random, path)
    body = _json(random, asked)
    headers.append(("Content-Type", random.choice(("application/json", "application/json; charset=utf-8"))))
    if random.random() < 0.08:
        headers.append(("Content-Encoding", "gzip"))
        body = gzip.compress(body, mtime=0)
        return MadeRequest(vendor, "POST", path, headers, scenario, body)
    is_unasked = (
        path == "/v1/chat/completions" and asked.get("stream") is True and not asked.get("stream_options")
    )
    if is_unasked:
        # Usage is not taken out of a compressed stream, so none is asked for.
        headers = [(name, value) for name, value in headers if name != "Accept-Encoding"]
    sizes = _chunk_sizes(random, body)
    return MadeRequest(vendor, "POST", path, headers, scenario, body, sizes, is_unasked)


def _asked(random: Random, path: str) -> dict[str, Any]:
    text = "".join(random.choices(_TEXT, k=random.randint(1, 3)))
    asked: dict[str, Any] = {
        "model": _MODELS[path],
        "x_unknown": random.choice((10**40, -0.0, [], {}, None, text)),
    }
    if path == "/v1/embeddings":
        return asked | {"input": text or "x"}
    if path == "/v1/completions":
        asked["prompt"] = text
    elif path == "/v1/responses":
        asked["input"] = text
    else:
        asked |= {"messages": [{"role": "user", "content": text}], "max_tokens": 50}
    if "count" not in path and random.random() < 0.6:
        asked["stream"] = True
        if path == "/v1/chat/completions":
            asked |= random.choice(
                ({}, {}, {"stream_options": None}, {"stream_options": {"include_usage": True}})
            )
    return asked


def _json(random: Random, asked: dict[str, Any]) -> bytes:
    """Returns `asked` as somebody's serializer may have it."""
    style = random.choice(({"indent": 2}, {"separators": (",", ":")}, {"separators": (" ,\t", "\r\n: ")}, {}))
    text = json.dumps(asked, ensure_ascii=random.random() < 0.5, **style)
    if random.random() < 0.3:
        text = '{"model":"not this one",' + text.removeprefix("{")  # the later of two wins
    return random.choice(("", "", "\n ")).encode() + text.encode() + random.choice(("", "", "\r\n")).encode()


def _form(random: Random) -> tuple[str, bytes]:
    boundary = f"----x{random.getrandbits(40):x}"
    fields = [b'name="prompt"\r\n\r\nA gate', b'name="model"\r\n\r\ngpt-image-1']
    image = b'name="image"; filename="\xc3\xbc.png"\r\nContent-Type: image/png\r\n\r\n' + random.randbytes(
        3000
    )
    parts = (
        b"--%b\r\nContent-Disposition: form-data; %b\r\n" % (boundary.encode(), part)
        for part in (*fields, image)
    )
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def _delivery(random: Random) -> dict[str, object]:
    settings: dict[str, object] = {"words": random.choice((0, 1, 3, 8))}
    settings |= random.choice(({}, {"split": 97}, {"split": 500}, {"join": 3}, {"join": 2, "split": 211}))
    if random.random() < 0.4:
        settings |= random.choice(
            (
                {"status": 400},
                {"status": 429},
                {"status": 500},
                {"status": 529},
                {"body": "html"},
                {"body": "garbage"},
                {"error_after": 2},
                {"close_after": 2},
                {"close": True},
                {"compress": True},
                {"ending": "length"},
            )
        )
    return settings


def _headers(random: Random, vendor: str) -> list[tuple[str, str | bytes]]:
    key = ("Authorization", "Bearer sk-fake-key") if vendor == "openai" else ("x-api-key", "sk-ant-fake-key")
    headers: list[tuple[str, str | bytes]] = [key]
    if vendor == "anthropic":
        headers.append(("anthropic-version", "2023-06-01"))
    headers += [(f"X-Many-{n}", str(n)) for n in range(random.choice((0, 0, 3, 90)))]
    headers += random.choices(
        [
            ("X-Latin", "Grüße"),
            ("X-Utf", "Grüße 👋".encode()),
            ("X-Twice", "one"),
            ("X-Twice", "two, three"),
            ("X-Empty", ""),
            ("X-Long", "y" * 8000),
            ("x-lower_case", '"quoted", \\'),
            ("Accept-Encoding", random.choice(("gzip", "br;q=1", "zstd, gzip", "identity", "*"))),
            ("User-Agent", "made/1.0"),
            ("If-None-Match", 'W/"x"'),
            ("Range", "bytes=0-3"),
            ("X-Hop", "for one hop when named by Connection"),
            ("Expect", "100-continue"),
            *(tuple(line.split(": ")) for line in _FOR_ONE_HOP),
        ],
        k=random.randint(0, 6),
    )
    random.shuffle(headers)
    return headers


def _chunk_sizes(random: Random, body: bytes) -> tuple[int, ...]:
    if not body or random.random() < 0.7:
        return ()
    return tuple(random.choices((1, 2, 10, 1000), k=random.randint(1, 5)))


def any_answer(random: Random, method: str) -> bytes:
    """Returns an answer as any server may send it: every framing, any status, odd but legal headers."""
    status = random.choice(
        (200, 200, 201, 202, 204, 207, 299, 300, 304, 400, 404, 418, 422, 451, 500, 503, 529, 599)
    )
    reason = random.choice((b" OK", b" ", b" Gr\xfc\xdfe"))
    kind = random.choice((b"application/json", b"text/plain", b"TEXT/Event-Stream", b"image/png"))
    lines = [b"Content-Type: " + kind]
    lines += random.choices(
        (
            *(
                b"X-Twice: 1",
                b"X-Twice: 2",
                b"X-Empty:",
                b"X-Latin: \xfc",
                b"X-Utf: \xc3\xbc",
                b"x-long: " + b"z" * 9000,
            ),
            *(
                b"Vary: *",
                b"Retry-After: 1",
                b"Location: https://x.test/?a=b#c",
                b"X-Hop: 1",
                b"Keep-Alive: timeout=5",
            ),
            *(
                b'Link: <a>; rel="b", <c>',
                b"Content-Disposition: attachment; filename*=UTF-8''%C3%BC",
                b"Age: 0",
            ),
        ),
        k=random.randint(0, 8),
    )
    body = b"".join(
        random.choices((b"data: x\n\n", b"\r\n\r\n", b"{}", b"\0\xff", b"x" * 70_000), k=random.randint(0, 4))
    )
    first = b"".join(random.choices((b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"", b"")))
    framing = random.choice(("length", "chunks", "close"))
    if status == 304 and random.random() < 0.5:
        lines.append(b"Content-Length: 7")  # of what was not modified
    if status in {204, 304}:
        return first + b"\r\n".join([b"HTTP/1.1 %d%b" % (status, reason), *lines, b"", b""])
    if framing == "length":
        lines.append(b"Content-Length: %d" % len(body))
    elif framing == "chunks":
        lines.append(b"Transfer-Encoding: chunked")
        body = chunked([body[:7], body[7:]])
    else:
        lines.append(b"Connection: close, X-Hop")
    return first + b"\r\n".join(
        [b"HTTP/1.1 %d%b" % (status, reason), *lines, b"", b"" if method == "HEAD" else body]
    )


def any_event_stream(random: Random) -> bytes:
    """Returns a stream of whole events as some server may write it."""
    line_end = random.choice((b"\n", b"\n", b"\r\n", b"\r"))
    last = random.choice(
        (["data: [DONE]"], ["event: message_stop", 'data: {"type":"message_stop"}'], [": end"])
    )
    events = [
        random.choice(
            (['data: {"a":1}'], ["data:x"], [": ping"], ["event: e", "id: 7", "data: Grüße", "data: two"])
        )
        for _ in range(random.randint(0, 30))
    ]
    return b"".join(
        line_end.join([*(line.encode() for line in event), b"", b""]) for event in (*events, last)
    )


def cut_anywhere(random: Random, data: bytes) -> list[bytes]:
    """Returns `data` in pieces of one byte, of a few, or of any size."""
    most = random.choice((1, 3, 20, len(data)))
    pieces = []
    while data:
        size = random.randint(1, most)
        pieces.append(data[:size])
        data = data[size:]
    return pieces
