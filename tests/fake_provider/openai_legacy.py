"""`POST /v1/completions` and `POST /v1/embeddings`."""

import base64
import hashlib
import itertools
import struct
from typing import Any

from tests.fake_provider.answer import DONE, Answer, Ask, Refused, data_event, pretty
from tests.fake_provider.models import snapshot
from tests.fake_provider.text import count_tokens, identifier, sentence, words_of

_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}


def completion(ask: Ask) -> Answer:
    """Returns a text completion, plain or streamed; one choice for each prompt and each of `n`."""
    body = ask.body
    model = snapshot("openai", body)
    prompts = _inputs(body.get("prompt", "<|endoftext|>"))
    choices = [_choice(ask, index) for index in range(len(prompts) * (body.get("n") or 1))]
    prompt_tokens = sum(_count(prompt) for prompt in prompts)
    said = sum(len(words_of(choice["text"])) for choice in choices)
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": said, "total_tokens": prompt_tokens + said}
    whole = {
        "id": identifier("cmpl-", ask.request_id),
        "object": "text_completion",
        "created": int(ask.now),
        "model": model,
        "choices": choices,
        "usage": usage,
    }
    if not body.get("stream"):
        return Answer(body=pretty(whole), whole=whole, usage=usage)
    events = _events(whole, include_usage=bool((body.get("stream_options") or {}).get("include_usage")))
    return Answer(events=events, content_type="text/event-stream", whole=whole, usage=usage)


def embeddings(ask: Ask) -> Answer:
    """Returns one vector for each input, as floats or in base64 as `encoding_format` says."""
    body = ask.body
    model = snapshot("openai", body)
    if "input" not in body:
        raise Refused(
            400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter"
        )
    inputs = _inputs(body["input"])
    size = body.get("dimensions") or _DIMENSIONS.get(model, 1536)
    vectors = [_vector(text, size) for text in inputs]
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(vector).decode()
            if body.get("encoding_format") == "base64"
            else list(struct.unpack(f"<{size}f", vector)),
        }
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(_count(text) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    whole = {"object": "list", "data": data, "model": model, "usage": usage}
    return Answer(body=pretty(whole), whole=whole, usage=usage)


def _inputs(value: Any) -> list[Any]:
    """Returns the single inputs in a string, a list of strings, a list of tokens or a list of such lists."""
    if isinstance(value, list) and value and not isinstance(value[0], int):
        return value
    return [value]


def _count(text: Any) -> int:
    return len(text) if isinstance(text, list) else count_tokens(text)


def _vector(text: Any, size: int) -> bytes:
    """Returns `size` little-endian 4-byte floats between -1 and 1, made from the text."""
    digest = hashlib.sha256(repr(text).encode()).digest()
    numbers = itertools.islice(itertools.cycle(digest), size)
    return struct.pack(f"<{size}f", *(number / 128 - 1 for number in numbers))


def _choice(ask: Ask, index: int) -> dict[str, Any]:
    scenario = ask.scenario
    text = " " + sentence(12 if scenario.words is None else scenario.words, seed=index)
    logprobs = None
    if (top := ask.body.get("logprobs")) is not None:
        words = words_of(text)
        offsets = itertools.accumulate((len(word) for word in words), initial=0)
        logprobs = {
            "tokens": words,
            "token_logprobs": [-0.25 for _ in words],
            "top_logprobs": [{word: -0.25} for word in words] if top else None,
            "text_offset": [offset for offset, _ in zip(offsets, words, strict=False)],
        }
    finish = "length" if scenario.ending == "length" else "stop"
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}


def _events(whole: dict[str, Any], *, include_usage: bool) -> list[bytes]:
    head = {name: whole[name] for name in ("id", "object", "created", "model")}
    tail: dict[str, Any] = {"usage": None} if include_usage else {}
    events: list[bytes] = []
    for choice in whole["choices"]:
        for n, word in enumerate(words_of(choice["text"])):
            logprobs = choice["logprobs"] and {
                name: values and [values[n]] for name, values in choice["logprobs"].items()
            }
            part = {"text": word, "index": choice["index"], "logprobs": logprobs, "finish_reason": None}
            events.append(data_event({**head, "choices": [part], **tail}))
        last = {
            "text": "",
            "index": choice["index"],
            "logprobs": None,
            "finish_reason": choice["finish_reason"],
        }
        events.append(data_event({**head, "choices": [last], **tail}))
    if include_usage:
        events.append(data_event({**head, "choices": [], "usage": whole["usage"]}))
    return [*events, DONE]
