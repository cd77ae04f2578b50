"""What a price case is made of, and answers in the providers' own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

Answer = dict[str, Any]

MILLION = 1_000_000
THOUSAND = 1_000
MINUTE = 60
HOUR = 3600


class List(NamedTuple):
    """A provider's price list: where it was published, and when its numbers were read there."""

    url: str
    seen: str


class Line(NamedTuple):
    """One line of the bill: what the list charges for it in US dollars, per how many."""

    count: int
    what: str
    usd: str
    per: int = MILLION

    @property
    def nanodollars(self) -> Decimal:
        return Decimal(self.count) * Decimal(self.usd) * 10**9 / self.per


@dataclass(frozen=True, slots=True)
class PriceCase:
    """An answer of a provider, and what its published list makes of it by hand."""

    listed: List
    at: datetime
    provider: str
    path: str
    answer: Answer | bytes  # bytes: a stream
    bill: Sequence[Line]
    nanodollars: int
    asked: str = ""  # the model that the request names, where the answer names none
    target_url: str = ""


def on(day: str, hour: int = 12) -> datetime:
    """Returns an hour of a day in UTC."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def chat(
    model: str,
    prompt: int,
    completion: int,
    *,
    cached: int = 0,
    reasoning: int = 0,
    audio_in: int = 0,
    audio_out: int = 0,
    **more: Any,
) -> Answer:
    """Returns a chat completion of OpenAI's form: cached and audio tokens are parts of the prompt."""
    return {
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": audio_in},
            "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": audio_out},
        },
        **more,
    }


def message(
    model: str, fresh: int, output: int, *, read: int = 0, write_5m: int = 0, write_1h: int = 0, **usage: Any
) -> Answer:
    """Returns an answer of Anthropic's: what was read from and written to the cache is beside `input_tokens`."""
    return {
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "Hi"}],
        "usage": {
            "input_tokens": fresh,
            "output_tokens": output,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": write_5m + write_1h,
            "cache_creation": {
                "ephemeral_5m_input_tokens": write_5m,
                "ephemeral_1h_input_tokens": write_1h,
            },
            "service_tier": "standard",
            **usage,
        },
    }


def gemini(
    prompt: int,
    said: int,
    *,
    cached: int = 0,
    thought: int = 0,
    **more: Any,
) -> Answer:
    """Returns an answer of Gemini's: thoughts are beside `candidatesTokenCount`."""
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": said,
            "thoughtsTokenCount": thought,
            "cachedContentTokenCount": cached,
            "totalTokenCount": prompt + said + thought,
            **more,
        },
    }


def modalities(**tokens: int) -> list[dict[str, Any]]:
    """Returns how Gemini tells a count apart: `modalities(text=10, audio=20)`."""
    return [{"modality": name.upper(), "tokenCount": count} for name, count in tokens.items()]


def converse(fresh: int, output: int, *, read: int = 0, write: int = 0, **more: Any) -> Answer:
    """Returns an answer of Bedrock's Converse: the cache is beside `inputTokens`."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": fresh,
            "outputTokens": output,
            "totalTokens": fresh + output,
            "cacheReadInputTokens": read,
            "cacheWriteInputTokens": write,
            **more.pop("usage", {}),
        },
        **more,
    }
