"""What a request may cost at most, before it is made: for budgets, which reserve that much.

A token is at least one byte, so the bytes of a body are more than its tokens; and no prompt is longer than the model's
context window. What the body only points to (pictures, files, an earlier answer, searches) is counted with the stated
maximum, or as a full window.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE, model_in_path
from ingest_app.model_registry import context_window
from ingest_app.output_limits import published_max_output
from ingest_app.own_prices import OwnPrices
from ingest_app.pricing import UnitPrices, unit_prices

PICTURE_TOKENS = 6_000
"""Of one picture. The largest that vendors state are 1,500 to 5,000, but for GPT-4o mini:"""
DEARER_PICTURE_TOKENS = 50_000
_DEARER_PICTURES = "gpt-4o-mini"
UNKNOWN_WINDOW = 200_000
MOST_OUTPUT = 128_000  # of models of which nobody has published a smaller number

# Where one of these is in a body, it is read as a whole to tell what is text of it.
_POINTERS = (
    b"image", b'"source"', b"nline", b'"data:', b"audio", b"video", b"file", b"cument",
)  # fmt: skip
# With one of these a prompt holds more than its body does, as much as the model takes.
_BRINGS_MORE = (
    b'"previous_response_id"', b'"conversation"', b'"cachedContent"', b'"cached_content"', b"_search", b"Search",
    b'"code_execution', b'"codeExecution', b'"code_interpreter', b'"mcp', b'"web_fetch', b'"plugins"', b'"computer',
    b"urlContext", b"url_context",
)  # fmt: skip
_PICTURE_KEYS = frozenset(("image_url", "imageUrl", "image", "input_image"))
_FILE_KEYS = frozenset((
    "file_data", "file_id", "file_url", "file", "fileData", "fileUri", "file_uri", "document", "video", "input_audio",
    "audio_url", "inlineData", "inline_data",
))  # fmt: skip
_CLAUDE = "claude"


class _Options(msgspec.Struct):
    """Where Gemini and Bedrock have what others have on the top level."""

    maxOutputTokens: Any = None
    max_output_tokens: Any = None
    candidateCount: Any = None
    candidate_count: Any = None
    maxTokens: Any = None


class _Fields(msgspec.Struct):
    model: Any = None
    user: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    n: Any = None
    best_of: Any = None
    service_tier: Any = None
    speed: Any = None
    prompt: msgspec.Raw = msgspec.Raw(b"null")
    generationConfig: msgspec.Raw = msgspec.Raw(b"null")
    generation_config: msgspec.Raw = msgspec.Raw(b"null")
    inferenceConfig: msgspec.Raw = msgspec.Raw(b"null")


_read_fields = msgspec.json.Decoder(_Fields)
_read_options = msgspec.json.Decoder(_Options)


@dataclass(slots=True)
class Asked:
    """What a request's body asks for, as far as it bounds the cost."""

    body: bytes
    model: str  # "" where neither body nor path name one
    user_id: str
    max_output: int | None  # tokens of one answer; None: the request does not say
    answers: int
    tier: str
    generates: bool  # text: embeddings have no output
    _prompt: "tuple[int, int, bool] | None" = None

    def prompt_tokens(self, model: str, window: int | None) -> int:
        """Returns how long the prompt is at most."""
        if self._prompt is None:
            self._prompt = _size(self.body)
        text_bytes, pictures, is_open = self._prompt
        if is_open:
            return window or UNKNOWN_WINDOW
        a_picture = DEARER_PICTURE_TOKENS if _DEARER_PICTURES in model else PICTURE_TOKENS
        tokens = text_bytes + pictures * a_picture
        # Inputs of embeddings are many, each as long as the window.
        return min(tokens, window) if window and self.generates else tokens


def read_asked(body: bytes, path: str) -> Asked | None:
    """Returns what `body` asks for, None where it is nothing that we can read: a file, or nothing."""
    try:
        fields = _read_fields.decode(body)
    except UNREADABLE:
        return None
    options = [
        _options(raw) for raw in (fields.generationConfig, fields.generation_config, fields.inferenceConfig)
    ]
    most = [
        fields.max_tokens,
        fields.max_completion_tokens,
        fields.max_output_tokens,
        *(each for one in options for each in (one.maxOutputTokens, one.max_output_tokens, one.maxTokens)),
    ]
    said = [number for number in most if isinstance(number, int) and number > 0]
    answers = max(
        (
            number
            for number in (
                fields.n,
                fields.best_of,
                *(each for one in options for each in (one.candidateCount, one.candidate_count)),
            )
            if isinstance(number, int) and not isinstance(number, bool)
        ),
        default=1,
    )
    tiers = {text for text in (fields.service_tier, fields.speed) if text in ("priority", "fast")}
    return Asked(
        body=body,
        model=(fields.model if isinstance(fields.model, str) else "") or model_in_path(path),
        user_id=str(fields.user)
        if isinstance(fields.user, str | int) and not isinstance(fields.user, bool)
        else "",
        max_output=max(said, default=None),
        answers=max(answers, 1) * _prompts(fields.prompt),
        tier=",".join(sorted(tiers)),
        generates="embed" not in path.lower(),
    )


def worst_case(
    asked: Asked, *, provider: str, model: str, at: datetime, target_url: str, own: OwnPrices | None
) -> int | None:
    """Returns what the request may cost at most at `model` of `provider`, in nano-dollars; None without a price.

    `own` are the organization's prices.
    """
    window = context_window(provider, model)
    prompt_tokens = asked.prompt_tokens(model, window)
    prices = own.prices(provider, (model,), at) if own is not None else None
    if prices is None:
        prices = unit_prices(
            provider=provider,
            model=model,
            at=at,
            prompt_tokens=prompt_tokens,
            target_url=target_url,
            tier=asked.tier,
        )
    if prices is None:
        return None
    output_tokens = 0
    if asked.generates:
        a_single = asked.max_output or _most_output(model, window)
        output_tokens = (min(a_single, window) if window else a_single) * asked.answers
    in_kinds, out_kinds = _kinds(asked.body, model)
    total = (
        _dearest(prices, in_kinds) * prompt_tokens
        + _dearest(prices, out_kinds) * output_tokens
        + prices.usd_per_mtok.get("requests", Decimal(0))
    )
    return math.ceil(total * 1000)  # USD per million tokens × tokens × 1,000 = nano-dollars


def _most_output(model: str, window: int | None) -> int:
    published = published_max_output(model)
    return min(published or MOST_OUTPUT, window or MOST_OUTPUT)


def _kinds(body: bytes, model: str) -> tuple[Sequence[str], Sequence[str]]:
    """Returns which kinds of tokens the input and the output may turn out to be."""
    into, out = ["prompt", "prompt_image"], ["completion", "reasoning", "completion_image"]
    if _CLAUDE not in model or b"cache" in body:
        into.append("cache_write")
    if b'"1h"' in body:
        into.append("cache_write_1h")
    if b"audio" in body or b"udio" in body:
        into.append("prompt_audio")
        out.append("completion_audio")
    return into, out


def _dearest(prices: UnitPrices, kinds: Sequence[str]) -> Decimal:
    return max((prices.usd_per_mtok.get(kind, Decimal(0)) for kind in kinds), default=Decimal(0))


def _size(body: bytes) -> tuple[int, int, bool]:
    """Returns the bytes that may be text, the number of pictures, and whether the prompt may be anything longer."""
    if any(sign in body for sign in _BRINGS_MORE):
        return len(body), 0, True
    if not any(sign in body for sign in _POINTERS):
        return len(body), 0, False
    try:
        waiting: list[Any] = [msgspec.json.decode(body)]
    except UNREADABLE:
        return len(body), 0, False
    left_out = pictures = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
            continue
        if not isinstance(item, dict):
            continue
        if _is_other_file(item):
            return len(body), 0, True
        picture = _picture(item)
        if picture is not None:
            pictures += 1
            left_out += picture
        else:
            waiting.extend(item.values())
    return len(body) - left_out, pictures, False


def _picture(item: dict[str, Any]) -> int | None:
    """Returns how many bytes of a part are a picture, None where it is none."""
    for key in _PICTURE_KEYS & item.keys():
        value = item[key]
        inner = value.get("url") if isinstance(value, dict) else value
        source = value.get("source") if isinstance(value, dict) else None
        if isinstance(source, dict):  # Bedrock
            inner = source.get("bytes") or ""
        if isinstance(inner, str):
            return len(inner)
    source = item.get("source")
    if item.get("type") == "image" and isinstance(source, dict):  # Anthropic
        data = source.get("data") or source.get("url") or ""
        return len(data) if isinstance(data, str) else 0
    inline = item.get("inlineData") or item.get("inline_data")
    if isinstance(inline, dict) and isinstance(inline.get("data"), str):  # Gemini
        return len(inline["data"])
    return None


def _is_other_file(item: dict[str, Any]) -> bool:
    """Returns whether a part is a file, sound or film, whose length in tokens nobody can tell."""
    if item.get("type") in (
        "document",
        "file",
        "input_file",
        "input_audio",
        "video",
        "video_url",
        "input_video",
    ):
        return True
    found = _FILE_KEYS & item.keys()
    if not found:
        return False
    if found <= {"inlineData", "inline_data"}:
        inline = item.get("inlineData") or item.get("inline_data")
        kind = inline.get("mimeType") or inline.get("mime_type") if isinstance(inline, dict) else ""
        return not (isinstance(kind, str) and kind.startswith("image/"))
    # Keys of a schema or of a tool's arguments may be called so, too: there they hold no string that is long.
    return any(isinstance(item[key], str | dict) for key in found)


def _options(raw: msgspec.Raw) -> _Options:
    try:
        return _read_options.decode(raw)
    except UNREADABLE:
        return _Options()


def _prompts(raw: msgspec.Raw) -> int:
    """Returns how many prompts a request of the old completions has: each has an answer of its own."""
    if bytes(raw)[:1] != b"[":
        return 1
    try:
        prompts = msgspec.json.decode(raw)
    except UNREADABLE:
        return 1
    return max(len(prompts), 1) if not all(isinstance(one, int) for one in prompts) else 1
