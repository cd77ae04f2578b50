"""OpenAI's text models at the standard prices, fine-tuned models and embeddings."""

from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, chat, on

LIST = List("https://platform.openai.com/docs/pricing", "2025-11")
EARLIER = List("https://openai.com/api/pricing", "2025-05")


def _case(
    answer: Answer | bytes, *bill: Line, nanodollars: int, path: str = "/v1/chat/completions", **more: Any
) -> PriceCase:
    return PriceCase(
        **{
            "listed": LIST,
            "at": on("2025-11-20"),
            "provider": "openai",
            "path": path,
            "answer": answer,
            "bill": bill,
            "nanodollars": nanodollars,
            **more,
        }
    )


def _embedding(model: str, tokens: int) -> Answer:
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": model, "data": [], "usage": usage}


_STREAM = b"".join(
    b"data: " + chunk + b"\n\n"
    for chunk in (
        b'{"object":"chat.completion.chunk","model":"gpt-4o-2024-08-06",'
        b'"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}],"usage":null}',
        b'{"object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[],'
        b'"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,'
        b'"prompt_tokens_details":{"cached_tokens":400}}}',
        b"[DONE]",
    )
)

OPENAI: dict[str, PriceCase] = {
    "GPT-4o, partly cached": _case(
        chat("gpt-4o-2024-08-06", 10_000, 500, cached=4_000),
        Line(6_000, "input", "2.50"),
        Line(4_000, "cached input", "1.25"),
        Line(500, "output", "10.00"),
        nanodollars=25_000_000,
    ),
    "GPT-4o, streamed": _case(
        _STREAM,
        Line(600, "input", "2.50"),
        Line(400, "cached input", "1.25"),
        Line(100, "output", "10.00"),
        nanodollars=3_000_000,
    ),
    "GPT-4o of May 2024, which has no price for cached input": _case(
        chat("gpt-4o-2024-05-13", 1_000, 200, cached=400),
        Line(1_000, "input", "5.00"),
        Line(200, "output", "15.00"),
        nanodollars=8_000_000,
    ),
    "GPT-4o mini, partly cached": _case(
        chat("gpt-4o-mini-2024-07-18", 12_345, 678, cached=1_024),
        Line(11_321, "input", "0.15"),
        Line(1_024, "cached input", "0.075"),
        Line(678, "output", "0.60"),
        nanodollars=2_181_750,
    ),
    "GPT-4.1 by the Responses API": _case(
        {
            "object": "response",
            "model": "gpt-4.1-2025-04-14",
            "output": [],
            "service_tier": "default",
            "usage": {
                "input_tokens": 3_000,
                "input_tokens_details": {"cached_tokens": 1_000},
                "output_tokens": 700,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 3_700,
            },
        },
        Line(2_000, "input", "2.00"),
        Line(1_000, "cached input", "0.50"),
        Line(700, "output", "8.00"),
        nanodollars=10_100_000,
        path="/v1/responses",
    ),
    "GPT-4.1 nano": _case(
        chat("gpt-4.1-nano-2025-04-14", 5_000, 100),
        Line(5_000, "input", "0.10"),
        Line(100, "output", "0.40"),
        nanodollars=540_000,
    ),
    "GPT-5, whose reasoning is billed as output": _case(
        chat("gpt-5-2025-08-07", 2_000, 1_500, reasoning=1_200),
        Line(2_000, "input", "1.25"),
        Line(1_500, "output", "10.00"),
        nanodollars=17_500_000,
    ),
    "GPT-5 mini, mostly cached": _case(
        chat("gpt-5-mini-2025-08-07", 10_000, 400, cached=8_000),
        Line(2_000, "input", "0.25"),
        Line(8_000, "cached input", "0.025"),
        Line(400, "output", "2.00"),
        nanodollars=1_500_000,
    ),
    "GPT-5.1 Codex, mostly cached": _case(
        chat("gpt-5.1-codex", 100_000, 1_000, cached=90_000),
        Line(10_000, "input", "1.25"),
        Line(90_000, "cached input", "0.125"),
        Line(1_000, "output", "10.00"),
        nanodollars=33_750_000,
    ),
    "GPT-5 pro": _case(
        chat("gpt-5-pro-2025-10-06", 1_000, 2_000, reasoning=1_900),
        Line(1_000, "input", "15.00"),
        Line(2_000, "output", "120.00"),
        nanodollars=255_000_000,
    ),
    "o3, partly cached": _case(
        chat("o3-2025-04-16", 5_000, 3_000, cached=2_000, reasoning=2_500),
        Line(3_000, "input", "2.00"),
        Line(2_000, "cached input", "0.50"),
        Line(3_000, "output", "8.00"),
        nanodollars=31_000_000,
    ),
    "o3 before it became cheaper, partly cached": _case(
        chat("o3-2025-04-16", 1_000, 100, cached=500),
        Line(500, "input", "10.00"),
        Line(500, "cached input", "2.50"),
        Line(100, "output", "40.00"),
        nanodollars=10_250_000,
        listed=EARLIER,
        at=on("2025-05-10"),
    ),
    "o1, partly cached": _case(
        chat("o1-2024-12-17", 1_500, 1_000, cached=500, reasoning=800),
        Line(1_000, "input", "15.00"),
        Line(500, "cached input", "7.50"),
        Line(1_000, "output", "60.00"),
        nanodollars=78_750_000,
    ),
    "o3-mini": _case(
        chat("o3-mini-2025-01-31", 1_000, 1_000, cached=100, reasoning=900),
        Line(900, "input", "1.10"),
        Line(100, "cached input", "0.55"),
        Line(1_000, "output", "4.40"),
        nanodollars=5_445_000,
    ),
    "GPT-4 Turbo": _case(
        chat("gpt-4-turbo-2024-04-09", 1_000, 100),
        Line(1_000, "input", "10.00"),
        Line(100, "output", "30.00"),
        nanodollars=13_000_000,
    ),
    "GPT-3.5 Turbo": _case(
        chat("gpt-3.5-turbo-0125", 1_000, 1_000),
        Line(1_000, "input", "0.50"),
        Line(1_000, "output", "1.50"),
        nanodollars=2_000_000,
    ),
    "a fine-tuned GPT-4o, partly cached": _case(
        chat("ft:gpt-4o-2024-08-06:acme::A1b2C3", 1_000, 100, cached=400),
        Line(600, "input", "3.75"),
        Line(400, "cached input", "1.875"),
        Line(100, "output", "15.00"),
        nanodollars=4_500_000,
    ),
    "a fine-tuned GPT-4.1 mini": _case(
        chat("ft:gpt-4.1-mini-2025-04-14:acme::A1b2C3", 1_000, 100, cached=500),
        Line(500, "input", "0.80"),
        Line(500, "cached input", "0.20"),
        Line(100, "output", "3.20"),
        nanodollars=820_000,
    ),
    "a fine-tuned GPT-4.1": _case(
        chat("ft:gpt-4.1-2025-04-14:acme::A1b2C3", 1_000, 100),
        Line(1_000, "input", "3.00"),
        Line(100, "output", "12.00"),
        nanodollars=4_200_000,
    ),
    "a fine-tuned o4-mini, partly cached": _case(
        chat("ft:o4-mini-2025-04-16:acme::A1b2C3", 1_000, 100, cached=500),
        Line(500, "input", "4.00"),
        Line(500, "cached input", "1.00"),
        Line(100, "output", "16.00"),
        nanodollars=4_100_000,
    ),
    "GPT-4o mini that searches, whose list has no cached input": _case(
        chat("gpt-4o-mini-search-preview-2025-03-11", 1_000, 100, cached=500),
        Line(1_000, "input", "0.15"),
        Line(100, "output", "0.60"),
        nanodollars=210_000,
    ),
    "a small embedding": _case(
        _embedding("text-embedding-3-small", 8_000),
        Line(8_000, "tokens", "0.02"),
        nanodollars=160_000,
        path="/v1/embeddings",
    ),
    "a large embedding": _case(
        _embedding("text-embedding-3-large", 8_000),
        Line(8_000, "tokens", "0.13"),
        nanodollars=1_040_000,
        path="/v1/embeddings",
    ),
    "moderation, which is free of charge": _case(
        {"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": False}]},
        nanodollars=0,
        path="/v1/moderations",
    ),
}
