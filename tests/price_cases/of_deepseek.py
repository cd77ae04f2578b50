"""DeepSeek, whose list has changed the most: by night, by model under the same name, by hours of the week."""

from datetime import datetime
from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, on

URL = "https://api-docs.deepseek.com/quick_start/pricing"


def _answer(model: str, hit: int, miss: int, output: int) -> Answer:
    return {
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": hit + miss,
            "completion_tokens": output,
            "total_tokens": hit + miss + output,
            "prompt_cache_hit_tokens": hit,
            "prompt_cache_miss_tokens": miss,
        },
    }


def _case(
    model: str,
    at: datetime,
    hit: tuple[int, str],
    miss: tuple[int, str],
    output: tuple[int, str],
    *,
    nanodollars: int,
    seen: str,
    **more: Any,
) -> PriceCase:
    return PriceCase(
        List(URL, seen),
        at,
        "deepseek",
        "/chat/completions",
        _answer(model, hit[0], miss[0], output[0]),
        (
            Line(hit[0], "cache hit", hit[1]),
            Line(miss[0], "cache miss", miss[1]),
            Line(output[0], "output", output[1]),
        ),
        nanodollars,
        **more,
    )


DEEPSEEK: dict[str, PriceCase] = {
    "V3 by day, spring 2025": _case(
        "deepseek-chat",
        on("2025-03-03"),
        (1_000, "0.07"),
        (500, "0.27"),
        (200, "1.10"),
        nanodollars=425_000,
        seen="2025-02",
    ),
    "V3 by night, half": _case(
        "deepseek-chat",
        on("2025-03-03", 20),
        (1_000, "0.035"),
        (1_000, "0.135"),
        (1_000, "0.55"),
        nanodollars=720_000,
        seen="2025-03",
    ),
    "R1 by day, spring 2025": _case(
        "deepseek-reasoner",
        on("2025-03-03"),
        (0, "0.14"),
        (1_000, "0.55"),
        (1_000, "2.19"),
        nanodollars=2_740_000,
        seen="2025-02",
    ),
    "R1 by night, a quarter": _case(
        "deepseek-reasoner",
        on("2025-03-03", 20),
        (1_000, "0.035"),
        (1_000, "0.135"),
        (1_000, "0.55"),
        nanodollars=720_000,
        seen="2025-03",
    ),
    "V3.1 under the reasoner's name, when nights had ended": _case(
        "deepseek-reasoner",
        on("2025-09-15", 20),
        (1_000, "0.07"),
        (1_000, "0.56"),
        (1_000, "1.68"),
        nanodollars=2_310_000,
        seen="2025-09",
    ),
    "V3.2 under the chat's name": _case(
        "deepseek-chat",
        on("2025-12-10", 20),
        (1_000, "0.028"),
        (1_000, "0.28"),
        (1_000, "0.42"),
        nanodollars=728_000,
        seen="2025-12",
    ),
    "V4 Flash": _case(
        "deepseek-v4-flash",
        on("2026-05-06"),
        (10_000, "0.0028"),
        (1_000, "0.14"),
        (1_000, "0.28"),
        nanodollars=448_000,
        seen="2026-05",
    ),
    "V4 Flash under the chat's name": _case(
        "deepseek-chat",
        on("2026-05-06"),
        (10_000, "0.0028"),
        (1_000, "0.14"),
        (1_000, "0.28"),
        nanodollars=448_000,
        seen="2026-05",
    ),
    "V4 Pro before there were peak hours": _case(
        "deepseek-v4-pro",
        on("2026-05-06", 2),
        (1_000, "0.003625"),
        (1_000, "0.435"),
        (1_000, "0.87"),
        nanodollars=1_308_625,
        seen="2026-05",
    ),
    "V4 Pro in a peak hour of a Wednesday": _case(
        "deepseek-v4-pro",
        on("2026-10-14", 2),
        (1_000, "0.044"),
        (1_000, "1.32"),
        (1_000, "3.96"),
        nanodollars=5_324_000,
        seen="2026-10-27",
    ),
    "V4 Pro at the same hour of a Saturday": _case(
        "deepseek-v4-pro",
        on("2026-10-17", 2),
        (1_000, "0.022"),
        (1_000, "0.66"),
        (1_000, "1.98"),
        nanodollars=2_662_000,
        seen="2026-10-27",
    ),
    "V4 Flash in a peak hour of August": _case(
        "deepseek-v4-flash",
        on("2026-08-26", 7),
        (1_000, "0.014"),
        (1_000, "0.44"),
        (1_000, "1.32"),
        nanodollars=1_774_000,
        seen="2026-08-25",
    ),
    "V4.1 Flash at noon": _case(
        "deepseek-flash",
        on("2026-10-14"),
        (1_000, "0.003"),
        (1_000, "0.15"),
        (1_000, "0.60"),
        nanodollars=753_000,
        seen="2026-10-27",
    ),
}
