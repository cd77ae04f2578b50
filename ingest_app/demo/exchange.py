"""One request and its answer on the wire: bodies, counts and times that fit each other."""

import random
from typing import NamedTuple

import msgspec

from ingest_app.demo import failures
from ingest_app.demo.answers import answer
from ingest_app.demo.catalog import Model
from ingest_app.demo.conversations import request_body
from ingest_app.demo.dialogue import Ask, Reply, Step, Tokens
from ingest_app.demo.streams import Stream, error_event, stream

_BYTES_PER_TOKEN = 4
_TOKENS_PER_IMAGE = 425
# Providers cache prompts from this length on; OpenAI in steps.
_CACHED_FROM_TOKENS = 1024
_CACHED_STEP_TOKENS = 128
_CACHE_HIT = 0.85
_READING_MS_PER_TOKEN = 0.05

# Shares of requests that end before their end; all but the last are streams.
_CANCELLED, _FELL_SILENT, _BROKE_OFF, _NEVER_ANSWERED = 0.012, 0.0008, 0.001, 0.0006
_OVERLOADED_MIDWAY = 0.3
# The log's statuses that HTTP does not have, as the gateway gives them.
_STATUS_FELL_SILENT, _STATUS_CANCELLED, _STATUS_BROKE_OFF = -2, -3, -100


class Exchange(NamedTuple):
    """What the gateway sees of a request."""

    request_body: bytes
    response_body: bytes
    status: int
    latency_ms: int
    is_stream: bool = False
    arrivals: tuple[tuple[int, int], ...] = ()
    error: str = ""


class _Timing(NamedTuple):
    first_token_ms: int
    latency_ms: int


class Connection:
    """One client's way to a model, with or without streaming."""

    def __init__(self, model: Model, rng: random.Random, *, streams: bool) -> None:
        self._model = model
        self._rng = rng
        self._streams = streams
        self._cached_tokens = 0  # of the prompt so far

    def failed(self, step: Step, kind: str, *, slowness: float) -> Exchange:
        """Returns `step` failing in the way `kind` (see `failures.chosen`)."""
        body = request_body(self._model, step.ask, stream=self._streams)
        failure = failures.failure(kind, self._model, self._rng)
        took_ms = round(failure.took_ms * self._rng.lognormvariate(0, 0.4) * slowness)
        may_come_midway = kind == "overloaded" and self._streams and self._model.provider == "anthropic"
        if may_come_midway and self._rng.random() < _OVERLOADED_MIDWAY:
            return self._failed_midway(step, body, took_ms)
        return Exchange(body, failure.body, failure.status, took_ms)

    def answered(self, step: Step, *, at_s: int, slowness: float) -> Exchange:
        """Returns `step` with its answer, or with what was seen of it when somebody gave up."""
        body = request_body(self._model, step.ask, stream=self._streams)
        if self._rng.random() < _NEVER_ANSWERED:
            silent = failures.never_answered(self._model)
            return Exchange(body, silent.body, silent.status, silent.took_ms, error=silent.error)
        tokens = self._count(step, body)
        timing = self._time(tokens, slowness)
        whole = answer(self._model, step.ask, step.reply, tokens, created_s=at_s, rng=self._rng)
        self._cached_tokens = tokens.prompt
        if self._streams:
            return self._streamed(body, stream(whole), timing)
        return Exchange(body, msgspec.json.encode(whole), 200, timing.latency_ms)

    def _streamed(self, body: bytes, events: Stream, timing: _Timing) -> Exchange:
        arrivals = _arrivals(events, timing)
        ending = self._rng.random()
        if ending >= _CANCELLED + _FELL_SILENT + _BROKE_OFF or len(arrivals) < 4:
            return Exchange(body, b"".join(events.events), 200, timing.latency_ms, True, tuple(arrivals))
        seen = self._rng.randrange(1, len(arrivals) - 1)
        latency_ms = arrivals[seen - 1][1] + self._rng.randrange(5, 400)
        status, error = _STATUS_CANCELLED, ""
        if ending < _FELL_SILENT:
            status, error = _STATUS_FELL_SILENT, "upstream_timeout"
            latency_ms += failures.IDLE_TIMEOUT_MS
        elif ending < _FELL_SILENT + _BROKE_OFF:
            status, error = _STATUS_BROKE_OFF, "upstream_unreachable"
        received = b"".join(events.events[:seen])
        return Exchange(body, received, status, latency_ms, True, tuple(arrivals[:seen]), error)

    def _failed_midway(self, step: Step, body: bytes, took_ms: int) -> Exchange:
        """A stream that began well and then says that the provider is overloaded."""
        tokens = self._count(step, body)
        whole = answer(self._model, step.ask, step.reply, tokens, created_s=0, rng=self._rng)
        begun = stream(whole).events[: self._rng.randrange(2, 9)]
        events = Stream([*begun, error_event({"type": "overloaded_error", "message": "Overloaded"})], 3)
        arrivals = _arrivals(events, _Timing(took_ms // 3, took_ms))
        return Exchange(body, b"".join(events.events), 200, took_ms, True, tuple(arrivals))

    def _count(self, step: Step, body: bytes) -> Tokens:
        prompt = _prompt_tokens(step.ask, body)
        completion = _completion_tokens(step.reply)
        cached = written = reasoning = 0
        if self._model.reasons:
            # Billed in steps, as OpenAI reports them.
            reasoning = round(self._rng.lognormvariate(5.4, 0.8) / 64) * 64
        caches = self._model.provider in {"openai", "anthropic", "deepseek"} and prompt >= _CACHED_FROM_TOKENS
        if caches and self._model.provider == "anthropic":
            if step.ask.tools:
                cached = self._cached_tokens if self._cached_tokens >= _CACHED_FROM_TOKENS else 0
                written = max(prompt - cached - self._rng.randrange(4, 40), 0)
        elif caches and self._rng.random() < _CACHE_HIT:
            cached = min(self._cached_tokens, prompt) // _CACHED_STEP_TOKENS * _CACHED_STEP_TOKENS
            cached = cached if cached >= _CACHED_FROM_TOKENS else 0
        return Tokens(prompt, completion + reasoning, cached, written, reasoning)

    def _time(self, tokens: Tokens, slowness: float) -> _Timing:
        rng, model = self._rng, self._model
        speed = model.tokens_per_s * rng.lognormvariate(0, 0.2) / slowness
        first_ms = model.first_token_ms * rng.lognormvariate(0, 0.35) * slowness
        first_ms += (tokens.prompt - tokens.cached) * _READING_MS_PER_TOKEN
        first_ms += tokens.reasoning / speed * 1000
        rest_ms = (tokens.completion - tokens.reasoning) / speed * 1000
        return _Timing(round(first_ms), round(first_ms + rest_ms) + 1)


def _prompt_tokens(ask: Ask, body: bytes) -> int:
    images = [message.image for message in ask.messages if message.image]
    text_bytes = len(body) - sum(map(len, images))
    return text_bytes // _BYTES_PER_TOKEN + _TOKENS_PER_IMAGE * len(images)


def _completion_tokens(reply: Reply) -> int:
    called = sum(len(call.name) + len(call.arguments) + 24 for call in reply.calls)
    return (len(reply.text.encode()) + called) // _BYTES_PER_TOKEN + 1


def _arrivals(events: Stream, timing: _Timing) -> list[tuple[int, int]]:
    """Returns (bytes so far, milliseconds) for each event, from the first token to the last byte."""
    arrivals = []
    received = 0
    after_first = max(len(events.events) - 1 - events.first_content, 1)
    writing_ms = timing.latency_ms - timing.first_token_ms
    for index, event in enumerate(events.events):
        received += len(event)
        # The opening events come when the model has read the prompt, a little before it says anything.
        at_ms = timing.first_token_ms * 0.9
        if index >= events.first_content:
            at_ms = timing.first_token_ms + writing_ms * (index - events.first_content) / after_first
        arrivals.append((received, round(at_ms)))
    return arrivals
