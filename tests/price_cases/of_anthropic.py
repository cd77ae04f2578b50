"""Claude at Anthropic: the cache by its lifetimes, long prompts, batches, fast mode and US-only inference."""

from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, message, on

LIST = List("https://docs.claude.com/en/docs/about-claude/pricing", "2025-10")
MARCH_2026 = List("https://platform.claude.com/docs/en/about-claude/pricing", "2026-03")
SEPTEMBER_2026 = List("https://claude.com/pricing", "2026-09-06")


def _case(answer: Answer | bytes, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
    return PriceCase(
        **{
            "listed": LIST,
            "at": on("2025-10-20"),
            "provider": "anthropic",
            "path": "/v1/messages",
            "answer": answer,
            "bill": bill,
            "nanodollars": nanodollars,
            **more,
        }
    )


def _in_march(answer: Answer, *bill: Line, nanodollars: int) -> PriceCase:
    return _case(answer, *bill, nanodollars=nanodollars, listed=MARCH_2026, at=on("2026-03-20"))


def _in_september(answer: Answer, *bill: Line, nanodollars: int) -> PriceCase:
    return _case(answer, *bill, nanodollars=nanodollars, listed=SEPTEMBER_2026, at=on("2026-09-06"))


_STREAM = b"".join(
    b"event: " + kind + b"\ndata: " + data + b"\n\n"
    for kind, data in (
        (
            b"message_start",
            b'{"type":"message_start","message":{"type":"message","role":"assistant",'
            b'"model":"claude-haiku-4-5-20251001","content":[],"usage":{"input_tokens":1000,'
            b'"cache_read_input_tokens":9000,"cache_creation_input_tokens":0,"output_tokens":1}}}',
        ),
        (
            b"content_block_start",
            b'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        ),
        (
            b"content_block_delta",
            b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
        ),
        (b"content_block_stop", b'{"type":"content_block_stop","index":0}'),
        (
            b"message_delta",
            b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":400}}',
        ),
        (b"message_stop", b'{"type":"message_stop"}'),
    )
)

ANTHROPIC: dict[str, PriceCase] = {
    "Sonnet 4.5 with all the cache does": _case(
        message("claude-sonnet-4-5-20250929", 1_000, 800, read=5_000, write_5m=2_000, write_1h=1_000),
        Line(1_000, "input", "3"),
        Line(5_000, "cache hits", "0.30"),
        Line(2_000, "5 minute cache writes", "3.75"),
        Line(1_000, "1 hour cache writes", "6"),
        Line(800, "output", "15"),
        nanodollars=30_000_000,
    ),
    "Sonnet 4.5 beyond 200,000 tokens, cache included, all at the long context's prices": _case(
        message("claude-sonnet-4-5-20250929", 150_000, 2_000, read=100_000),
        Line(150_000, "input", "6"),
        Line(100_000, "cache hits, 0.1 times the input", "0.60"),
        Line(2_000, "output", "22.50"),
        nanodollars=1_005_000_000,
    ),
    "Sonnet 4.5 beyond 200,000 tokens, written for an hour": _case(
        message("claude-sonnet-4-5-20250929", 1_000, 100, write_1h=250_000),
        Line(1_000, "input", "6"),
        Line(250_000, "1 hour cache writes, twice the input", "12"),
        Line(100, "output", "22.50"),
        nanodollars=3_008_250_000,
    ),
    "Sonnet 4 beyond 200,000 tokens, the list's own example": _case(
        message("claude-sonnet-4-20250514", 250_000, 500),
        Line(250_000, "input", "6"),
        Line(500, "output", "22.50"),
        nanodollars=1_511_250_000,
    ),
    "Sonnet 4 at exactly 200,000 tokens": _case(
        message("claude-sonnet-4-20250514", 200_000, 100),
        Line(200_000, "input", "3"),
        Line(100, "output", "15"),
        nanodollars=601_500_000,
    ),
    "Haiku 4.5, written for an hour": _case(
        message("claude-haiku-4-5-20251001", 20_000, 1_000, write_1h=10_000),
        Line(20_000, "input", "1"),
        Line(10_000, "1 hour cache writes", "2"),
        Line(1_000, "output", "5"),
        nanodollars=45_000_000,
    ),
    "Haiku 4.5, streamed and mostly cached": _case(
        _STREAM,
        Line(1_000, "input", "1"),
        Line(9_000, "cache hits", "0.10"),
        Line(400, "output", "5"),
        nanodollars=3_900_000,
    ),
    "Opus 4.1, mostly cached": _case(
        message("claude-opus-4-1-20250805", 1_000, 500, read=10_000),
        Line(1_000, "input", "15"),
        Line(10_000, "cache hits", "1.50"),
        Line(500, "output", "75"),
        nanodollars=67_500_000,
    ),
    "Haiku 3.5 with all the cache does": _case(
        message("claude-3-5-haiku-20241022", 1_000, 100, read=1_000, write_5m=1_000, write_1h=1_000),
        Line(1_000, "input", "0.80"),
        Line(1_000, "cache hits", "0.08"),
        Line(1_000, "5 minute cache writes", "1"),
        Line(1_000, "1 hour cache writes", "1.6"),
        Line(100, "output", "4"),
        nanodollars=3_880_000,
    ),
    "Haiku 3, whose cache writes are rounded on the list": _case(
        message("claude-3-haiku-20240307", 10_000, 100, read=1_000, write_5m=1_000),
        Line(10_000, "input", "0.25"),
        Line(1_000, "cache hits", "0.03"),
        Line(1_000, "5 minute cache writes", "0.30"),
        Line(100, "output", "1.25"),
        nanodollars=2_955_000,
    ),
    "Sonnet 4.5 in a batch": _case(
        message("claude-sonnet-4-5-20250929", 10_000, 1_000, service_tier="batch"),
        Line(10_000, "batch input", "1.50"),
        Line(1_000, "batch output", "7.50"),
        nanodollars=22_500_000,
    ),
    "Haiku 3 in a batch": _case(
        message("claude-3-haiku-20240307", 10_000, 1_000, service_tier="batch"),
        Line(10_000, "batch input", "0.125"),
        Line(1_000, "batch output", "0.625"),
        nanodollars=1_875_000,
    ),
    "Sonnet 4 in a batch beyond 200,000 tokens: the discount stacks": _case(
        message("claude-sonnet-4-20250514", 200_000, 1_000, read=50_000, service_tier="batch"),
        Line(200_000, "half the long context's input", "3"),
        Line(50_000, "half the long context's cache hits", "0.30"),
        Line(1_000, "half the long context's output", "11.25"),
        nanodollars=626_250_000,
    ),
    "Opus 4.6": _in_march(
        message("claude-opus-4-6", 1_000, 200, read=1_000, write_5m=1_000),
        Line(1_000, "input", "5"),
        Line(1_000, "cache hits", "0.50"),
        Line(1_000, "5 minute cache writes", "6.25"),
        Line(200, "output", "25"),
        nanodollars=16_750_000,
    ),
    "Opus 4.6 in fast mode, six times the standard": _in_march(
        message("claude-opus-4-6", 1_000, 100, speed="fast"),
        Line(1_000, "fast input", "30"),
        Line(100, "fast output", "150"),
        nanodollars=45_000_000,
    ),
    "Sonnet 4.6, its whole context at the standard price": _in_march(
        message("claude-sonnet-4-6", 300_000, 1_000),
        Line(300_000, "input", "3"),
        Line(1_000, "output", "15"),
        nanodollars=915_000_000,
    ),
    "Fable 5.1, whose cache hits are a fortieth of the input": _in_september(
        message("claude-fable-5-1", 1_000, 100, read=10_000, write_5m=1_000),
        Line(1_000, "input", "10"),
        Line(10_000, "cache hits", "0.25"),
        Line(1_000, "5 minute cache writes", "12.50"),
        Line(100, "output", "50"),
        nanodollars=30_000_000,
    ),
    "Opus 5 in fast mode, twice the standard": _in_september(
        message("claude-opus-5", 1_000, 100, read=1_000, speed="fast"),
        Line(1_000, "twice the input", "10"),
        Line(1_000, "cache hits, 0.1 times the input", "1"),
        Line(100, "twice the output", "50"),
        nanodollars=16_000_000,
    ),
    "Opus 5 kept in the United States, a tenth more": _in_september(
        message("claude-opus-5", 1_000, 100, inference_geo="us"),
        Line(1_000, "1.1 times the input", "5.50"),
        Line(100, "1.1 times the output", "27.50"),
        nanodollars=8_250_000,
    ),
    "Opus 5 in a batch kept in the United States": _in_september(
        message("claude-opus-5", 1_000, 100, inference_geo="us", service_tier="batch"),
        Line(1_000, "1.1 times half the input", "2.75"),
        Line(100, "1.1 times half the output", "13.75"),
        nanodollars=4_125_000,
    ),
}
