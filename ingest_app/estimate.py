"""Token counts where the provider told none: an answer that broke off, or a stream without usage.

An estimate from the text alone. Tokenizers differ by model and by language; for English prose and code the rule
of four characters a token is OpenAI's own, and is commonly off by a fifth, for dense JSON by a third. Pictures and
sound are not counted at all.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE, Json
from ingest_app.events import Usage

_BYTES_PER_TOKEN = 4
# Kana, Han, and Hangul: about a token a character.
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_CJK_BYTES = 3  # of one such character in UTF-8

# What of a request becomes the prompt, in all dialects.
_PROMPT_FIELDS = (
    "messages",
    "system",
    "input",
    "instructions",
    "prompt",
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "toolConfig",
    "functions",
    "suffix",
)
# What of an answer was generated.
_ANSWER_FIELDS = ("choices", "content", "output", "candidates", "message", "response", "thinking")
# Text that is no text of the model: names of things, signatures, and pictures or sound in base64.
NOT_TEXT = {
    "id", "type", "role", "index", "object", "model", "status", "finish_reason", "finishReason", "data", "url",
    "image_url", "file_data", "file_id", "bytes", "signature", "thoughtSignature", "thought_signature", "mimeType",
    "mime_type", "media_type", "cache_control", "encrypted_content", "call_id", "tool_call_id", "tool_use_id",
    "toolUseId", "logprobs", "b64_json", "uri", "fileUri", "reasoning_details",
}  # fmt: skip


def text_tokens(text: str) -> int:
    """Returns about how many tokens `text` is: one for each CJK character and each four other bytes of UTF-8."""
    if text.isascii():
        return -(-len(text) // _BYTES_PER_TOKEN)
    dense = len(_CJK.findall(text))
    others = len(text.encode("utf-8", "surrogatepass")) - dense * _CJK_BYTES
    return dense - (-others // _BYTES_PER_TOKEN)


def estimated_usage(
    request: bytes, answer: Json, reported: Usage | None, *, whole_answer: float = 1
) -> Usage:
    """Returns the usage of an answer as far as it came, marked as estimated.

    Counts that were `reported` stay, but the output is at least what its text makes. `whole_answer` is how many
    times larger the answer was than what was kept of it.
    """
    said = round(_tokens_in(answer, _ANSWER_FIELDS) * whole_answer)
    if reported is not None:
        return msgspec.structs.replace(
            reported, completion_tokens=max(said, reported.completion_tokens), is_estimated=True
        )
    try:
        asked = msgspec.json.decode(request)
    except UNREADABLE:
        asked = None
    prompt_tokens = _tokens_in(asked, _PROMPT_FIELDS) if isinstance(asked, dict) else 0
    return Usage(prompt_tokens=prompt_tokens, completion_tokens=said, is_estimated=True)


def _tokens_in(body: Json, fields: tuple[str, ...]) -> int:
    return sum(text_tokens(text) for name in fields if name in body for text in _texts(body[name]))


def _texts(value: Any) -> Iterator[str]:
    """Yields the text in `value`; of objects whose keys are the model's own (arguments), the keys too."""
    waiting = [(value, False)]
    while waiting:
        item, is_free = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            for key, inner in item.items():
                if is_free:
                    yield str(key)
                if is_free or key not in NOT_TEXT:
                    waiting.append((inner, is_free or key in {"input", "args", "arguments", "parameters"}))
        elif isinstance(item, list):
            waiting.extend((inner, is_free) for inner in item)
