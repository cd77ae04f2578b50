"""OpenAI's Batch, Flex and Priority, long prompts, and requests that stay in a region."""

from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, chat, on

LIST = List("https://platform.openai.com/docs/pricing", "2025-11")
MAY_2026 = List("https://platform.openai.com/docs/pricing", "2026-05-08")


def _case(answer: Answer, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
    return PriceCase(
        **{
            "listed": LIST,
            "at": on("2025-11-20"),
            "provider": "openai",
            "path": "/v1/chat/completions",
            "answer": answer,
            "bill": bill,
            "nanodollars": nanodollars,
            **more,
        }
    )


def _in_may(answer: Answer, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
    return _case(answer, *bill, nanodollars=nanodollars, listed=MAY_2026, at=on("2026-05-08"), **more)


OPENAI_TIERS: dict[str, PriceCase] = {
    "GPT-5 flex, partly cached": _case(
        chat("gpt-5-2025-08-07", 4_000, 1_000, cached=1_000, service_tier="flex"),
        Line(3_000, "input", "0.625"),
        Line(1_000, "cached input", "0.0625"),
        Line(1_000, "output", "5.00"),
        nanodollars=6_937_500,
    ),
    "o4-mini flex, whose cached input is rounded on the list": _case(
        chat("o4-mini-2025-04-16", 2_000, 1_000, cached=1_000, service_tier="flex"),
        Line(1_000, "input", "0.55"),
        Line(1_000, "cached input", "0.138"),
        Line(1_000, "output", "2.20"),
        nanodollars=2_888_000,
    ),
    "GPT-5 priority": _case(
        chat("gpt-5-2025-08-07", 1_000, 500, service_tier="priority"),
        Line(1_000, "input", "2.50"),
        Line(500, "output", "20.00"),
        nanodollars=12_500_000,
    ),
    "GPT-4.1 mini priority, partly cached": _case(
        chat("gpt-4.1-mini-2025-04-14", 1_200, 300, cached=200, service_tier="priority"),
        Line(1_000, "input", "0.70"),
        Line(200, "cached input", "0.175"),
        Line(300, "output", "2.80"),
        nanodollars=1_575_000,
    ),
    "GPT-4o priority, by the Responses API": _case(
        {
            "object": "response",
            "model": "gpt-4o-2024-08-06",
            "output": [],
            "service_tier": "priority",
            "usage": {"input_tokens": 1_000, "output_tokens": 100, "total_tokens": 1_100},
        },
        Line(1_000, "input", "4.25"),
        Line(100, "output", "17.00"),
        nanodollars=5_950_000,
        path="/v1/responses",
    ),
    "GPT-5 nano in a batch": _case(
        chat("gpt-5-nano-2025-08-07", 1_000, 1_000, service_tier="batch"),
        Line(1_000, "input", "0.025"),
        Line(1_000, "output", "0.20"),
        nanodollars=225_000,
    ),
    "o3-pro in a batch": _case(
        chat("o3-pro-2025-06-10", 1_000, 1_000, service_tier="batch"),
        Line(1_000, "input", "10.00"),
        Line(1_000, "output", "40.00"),
        nanodollars=50_000_000,
    ),
    "a fine-tuned GPT-4o in a batch, which is no half of its standard": _case(
        chat("ft:gpt-4o-2024-08-06:acme::A1b2C3", 2_000, 100, cached=1_000, service_tier="batch"),
        Line(1_000, "input", "2.225"),
        Line(1_000, "cached input", "0.90"),
        Line(100, "output", "12.50"),
        nanodollars=4_375_000,
    ),
    "GPT-5.4 beyond 272,000 tokens, all at the long context's prices": _in_may(
        chat("gpt-5.4-2026-03-05", 300_000, 1_000, cached=100_000),
        Line(200_000, "input", "5.00"),
        Line(100_000, "cached input", "0.50"),
        Line(1_000, "output", "22.50"),
        nanodollars=1_072_500_000,
    ),
    "GPT-5.4 at exactly 272,000 tokens, the short context's prices": _in_may(
        chat("gpt-5.4-2026-03-05", 272_000, 1_000),
        Line(272_000, "input", "2.50"),
        Line(1_000, "output", "15.00"),
        nanodollars=695_000_000,
    ),
    "GPT-5.4 flex beyond 272,000 tokens": _in_may(
        chat("gpt-5.4-2026-03-05", 300_000, 1_000, service_tier="flex"),
        Line(300_000, "input", "2.50"),
        Line(1_000, "output", "11.25"),
        nanodollars=761_250_000,
    ),
    "GPT-5.4 flex, whose cached input is rounded on the list": _in_may(
        chat("gpt-5.4-2026-03-05", 2_000, 100, cached=1_000, service_tier="flex"),
        Line(1_000, "input", "1.25"),
        Line(1_000, "cached input", "0.13"),
        Line(100, "output", "7.50"),
        nanodollars=2_130_000,
    ),
    "GPT-5.5 priority, two and a half times the standard": _in_may(
        chat("gpt-5.5-2026-04-23", 1_000, 100, service_tier="priority"),
        Line(1_000, "input", "12.50"),
        Line(100, "output", "75.00"),
        nanodollars=20_000_000,
    ),
    "GPT-5.4 nano": _in_may(
        chat("gpt-5.4-nano-2026-03-17", 10_000, 1_000, cached=5_000),
        Line(5_000, "input", "0.20"),
        Line(5_000, "cached input", "0.02"),
        Line(1_000, "output", "1.25"),
        nanodollars=2_350_000,
    ),
    "GPT-5.4 mini at a region's address, a tenth more": _in_may(
        chat("gpt-5.4-mini-2026-03-17", 1_000, 100),
        Line(1_000, "input and 10 %", "0.825"),
        Line(100, "output and 10 %", "4.95"),
        nanodollars=1_320_000,
        target_url="https://eu.api.openai.com/v1/chat/completions",
    ),
    "GPT-4.1 at a region's address, which costs no more": _in_may(
        chat("gpt-4.1-2025-04-14", 1_000, 100),
        Line(1_000, "input", "2.00"),
        Line(100, "output", "8.00"),
        nanodollars=2_800_000,
        target_url="https://eu.api.openai.com/v1/chat/completions",
    ),
}
