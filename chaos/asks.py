"""What the clients ask, and what the provider will answer to it: known before anything is sent."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from tests.fake_provider.answer import Answer, Ask
from tests.fake_provider.anthropic_messages import message
from tests.fake_provider.openai_chat import chat_completion
from tests.fake_provider.scenario import HEADER, header, parse
from tests.fake_provider.text import sentence

# not sent: no connection; refused: an answer other than 200; cut: the connection or the answer broke off.
Outcome = Literal["not sent", "refused", "cut", "complete"]


class _Dialect(NamedTuple):
    path: str
    model: str
    answer: Callable[[Ask], Answer]
    headers: dict[str, str]
    extra: dict[str, Any]
    counts: tuple[str, str]  # the names of prompt and completion tokens in the answer's usage
    prices: tuple[int, int]  # nano-dollars per prompt token and per completion token, as published
    last_event: bytes


_DIALECTS = (
    _Dialect(
        "/v1/chat/completions",
        "gpt-4o-mini",
        chat_completion,
        {"authorization": "Bearer sk-fake-chaos"},
        {"stream_options": {"include_usage": True}},
        ("prompt_tokens", "completion_tokens"),
        (150, 600),
        b"data: [DONE]\n\n",
    ),
    _Dialect(
        "/v1/messages",
        "claude-haiku-4-5",
        message,
        {"x-api-key": "sk-ant-fake-chaos", "anthropic-version": "2023-06-01"},
        {"max_tokens": 1000},
        ("input_tokens", "output_tokens"),
        (1000, 5000),
        b'data: {"type":"message_stop"}\n\n',
    ),
)


@dataclass(kw_only=True)
class Sent:
    """One request, what is expected of it, and what its client saw. `marker` is its Helicone-Request-Id."""

    marker: str
    path: str
    is_stream: bool
    headers: dict[str, str] = field(repr=False)
    body_sha256: bytes = field(repr=False)
    last_event: bytes = field(repr=False)
    text: str = field(repr=False)  # of the answer
    prompt_tokens: int
    completion_tokens: int
    cost_nanodollars: int

    sent_at_s: float = 0.0  # since the beginning
    outcome: Outcome = "not sent"
    status: int = 0
    detail: str = ""  # what went wrong
    answer_sha256: bytes = field(default=b"", repr=False)

    def note_answer(self, status: int, answer: bytes, *, broke_off: str) -> None:
        """Write down what the client got. `broke_off` says why there was no more; "" for a whole answer."""
        # Clients stop reading a stream at its last event, and do not care what happens to the connection then.
        whole = not broke_off or (self.is_stream and answer.endswith(self.last_event))
        self.status, self.detail, self.answer_sha256 = status, broke_off, sha256(answer)
        if not whole:
            self.outcome = "cut"
        elif status != 200:
            self.outcome, self.detail = "refused", answer[:200].decode("utf-8", "replace")
        elif self.is_stream and not answer.endswith(self.last_event):
            # The closing chunk without the last event: a client cannot take that for an answer.
            self.outcome, self.detail = "cut", "closed before its last event"
        else:
            self.outcome = "complete"


def sha256(data: bytes) -> bytes:
    """Returns the digest by which bodies are compared: keeping them all would take gigabytes."""
    return hashlib.sha256(data).digest()


def make_ask(rng: random.Random, *, marker: str, api_key: str) -> tuple[Sent, bytes]:
    """Returns a request that nobody has made before, and its body."""
    dialect = rng.choice(_DIALECTS)
    is_stream = rng.random() < 0.6
    # Mostly a few hundred words, now and then a long document.
    words = rng.randint(2_000, 20_000) if rng.random() < 0.02 else rng.randint(3, 400)
    question = f"{marker}: {sentence(words, seed=rng.randrange(100))}"
    body: dict[str, Any] = {"model": dialect.model, "messages": [{"role": "user", "content": question}]}
    body |= dialect.extra
    if is_stream:
        body["stream"] = True
    else:
        body.pop("stream_options", None)
    raw = json.dumps(body, ensure_ascii=False, indent=rng.choice((None, 2))).encode()
    # Streams that last up to two seconds, so that a kill meets some of them in the middle.
    wanted = header(
        words=rng.randint(1, 60), gap=rng.choice((0.0, 0.005, 0.03)), first=rng.choice((0.0, 0.05))
    )
    answer = dialect.answer(
        Ask(path=dialect.path, body=body, scenario=parse(wanted[HEADER]), request_id=marker, now=0)
    )
    prompt_tokens, completion_tokens = ((answer.usage or {})[name] for name in dialect.counts)
    sent = Sent(
        marker=marker,
        path=dialect.path,
        is_stream=is_stream,
        headers={
            **dialect.headers,
            **wanted,
            "content-type": "application/json",
            "helicone-auth": f"Bearer {api_key}",
            "helicone-request-id": marker,
        },
        body_sha256=sha256(raw),
        last_event=dialect.last_event,
        text=text_of(answer.whole or {}),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_nanodollars=prompt_tokens * dialect.prices[0] + completion_tokens * dialect.prices[1],
    )
    return sent, raw


def text_of(answer: dict[str, Any]) -> str:
    """Returns the text of an answer in either dialect. Raises LookupError or TypeError when it is neither."""
    if "choices" in answer:
        return str(answer["choices"][0]["message"]["content"])
    return str(answer["content"][0]["text"])
