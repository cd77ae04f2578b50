"""Gemini: thoughts, the cache, long prompts, sound, pictures, and the tiers that usage tells."""

from typing import Any

from tests.price_cases.form import Answer, Line, List, PriceCase, gemini, modalities, on

LIST = List("https://ai.google.dev/gemini-api/docs/pricing", "2026-04")
JULY_2026 = List("https://ai.google.dev/gemini-api/docs/pricing", "2026-07")


def _case(model: str, answer: Answer | bytes, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
    return PriceCase(
        **{
            "listed": LIST,
            "at": on("2026-04-10"),
            "provider": "google",
            "path": f"/v1beta/models/{model}:generateContent",
            "answer": answer,
            "bill": bill,
            "nanodollars": nanodollars,
            **more,
        }
    )


_STREAM = b"".join(
    b"data: " + chunk + b"\r\n\r\n"
    for chunk in (
        b'{"candidates":[{"content":{"role":"model","parts":[{"text":"H"}]}}],'
        b'"usageMetadata":{"promptTokenCount":5000,"totalTokenCount":5000}}',
        b'{"candidates":[{"content":{"role":"model","parts":[{"text":"i"}]},"finishReason":"STOP"}],'
        b'"usageMetadata":{"promptTokenCount":5000,"candidatesTokenCount":100,"thoughtsTokenCount":300,'
        b'"totalTokenCount":5400}}',
    )
)

GOOGLE: dict[str, PriceCase] = {
    "2.5 Pro, partly cached, its thoughts billed as output": _case(
        "gemini-2.5-pro",
        gemini(10_000, 500, cached=2_000, thought=1_500),
        Line(8_000, "input", "1.25"),
        Line(2_000, "context caching", "0.125"),
        Line(2_000, "output, thinking included", "10.00"),
        nanodollars=30_250_000,
    ),
    "2.5 Pro beyond 200,000 tokens, all at the higher prices": _case(
        "gemini-2.5-pro",
        gemini(300_000, 500, cached=100_000, thought=1_500),
        Line(200_000, "input", "2.50"),
        Line(100_000, "context caching", "0.25"),
        Line(2_000, "output, thinking included", "15.00"),
        nanodollars=555_000_000,
    ),
    "2.5 Pro at exactly 200,000 tokens": _case(
        "gemini-2.5-pro",
        gemini(200_000, 100),
        Line(200_000, "input", "1.25"),
        Line(100, "output", "10.00"),
        nanodollars=251_000_000,
    ),
    "2.5 Pro with what a tool brought in beside the prompt": _case(
        "gemini-2.5-pro",
        gemini(1_000, 100, toolUsePromptTokenCount=4_000),
        Line(5_000, "input", "1.25"),
        Line(100, "output", "10.00"),
        nanodollars=7_250_000,
    ),
    "2.5 Pro in a batch, whose cache is not discounted": _case(
        "gemini-2.5-pro",
        gemini(10_000, 1_000, cached=2_000, serviceTier="batch"),
        Line(8_000, "batch input", "0.625"),
        Line(2_000, "context caching", "0.125"),
        Line(1_000, "batch output", "5.00"),
        nanodollars=10_250_000,
    ),
    "2.5 Pro in a batch beyond 200,000 tokens": _case(
        "gemini-2.5-pro",
        gemini(250_000, 1_000, serviceTier="batch"),
        Line(250_000, "batch input", "1.25"),
        Line(1_000, "batch output", "7.50"),
        nanodollars=320_000_000,
    ),
    "2.5 Pro priority": _case(
        "gemini-2.5-pro",
        gemini(1_000, 100, serviceTier="priority"),
        Line(1_000, "priority input", "2.25"),
        Line(100, "priority output", "18.00"),
        nanodollars=4_050_000,
        listed=JULY_2026,
        at=on("2026-07-10"),
    ),
    "2.5 Pro priority beyond 200,000 tokens, partly cached": _case(
        "gemini-2.5-pro",
        gemini(250_000, 1_000, cached=50_000, serviceTier="priority"),
        Line(200_000, "priority input", "4.50"),
        Line(50_000, "priority context caching", "0.45"),
        Line(1_000, "priority output", "27.00"),
        nanodollars=949_500_000,
        listed=JULY_2026,
        at=on("2026-07-10"),
    ),
    "2.5 Flash, streamed": _case(
        "gemini-2.5-flash",
        _STREAM,
        Line(5_000, "text in", "0.30"),
        Line(400, "output, thinking included", "2.50"),
        nanodollars=2_500_000,
        path="/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    ),
    "2.5 Flash: sound, and cached sound at a price of its own": _case(
        "gemini-2.5-flash",
        gemini(
            4_000,
            200,
            cached=1_500,
            promptTokensDetails=modalities(text=1_000, audio=3_000),
            cacheTokensDetails=modalities(text=500, audio=1_000),
        ),
        Line(500, "text in", "0.30"),
        Line(2_000, "audio in", "1.00"),
        Line(500, "cached text", "0.03"),
        Line(1_000, "cached audio", "0.10"),
        Line(200, "output", "2.50"),
        nanodollars=2_765_000,
    ),
    "2.5 Flash in a batch: sound": _case(
        "gemini-2.5-flash",
        gemini(1_000, 100, promptTokensDetails=modalities(text=100, audio=900), serviceTier="batch"),
        Line(100, "batch text in", "0.15"),
        Line(900, "batch audio in", "0.50"),
        Line(100, "batch output", "1.25"),
        nanodollars=590_000,
    ),
    "2.5 Flash-Lite": _case(
        "gemini-2.5-flash-lite",
        gemini(10_000, 500),
        Line(10_000, "input", "0.10"),
        Line(500, "output", "0.40"),
        nanodollars=1_200_000,
    ),
    "2.5 Flash-Lite: sound": _case(
        "gemini-2.5-flash-lite",
        gemini(1_100, 50, promptTokensDetails=modalities(text=100, audio=1_000)),
        Line(100, "text in", "0.10"),
        Line(1_000, "audio in", "0.30"),
        Line(50, "output", "0.40"),
        nanodollars=330_000,
    ),
    "3 Flash, partly cached": _case(
        "gemini-3-flash-preview",
        gemini(6_000, 400, cached=1_000),
        Line(5_000, "input", "0.50"),
        Line(1_000, "context caching", "0.05"),
        Line(400, "output", "3.00"),
        nanodollars=3_750_000,
    ),
    "3.1 Pro beyond 200,000 tokens": _case(
        "gemini-3.1-pro-preview",
        gemini(250_000, 400, thought=600),
        Line(250_000, "input", "4.00"),
        Line(1_000, "output, thinking included", "18.00"),
        nanodollars=1_018_000_000,
    ),
    "a picture by 3 Pro Image, with thoughts": _case(
        "gemini-3-pro-image-preview",
        gemini(600, 1_220, thought=200, candidatesTokensDetails=modalities(image=1_120, text=100)),
        Line(600, "text and image in", "2.00"),
        Line(300, "text and thinking", "12.00"),
        Line(1_120, "image out", "120.00"),
        nanodollars=139_200_000,
    ),
    "a picture of 1K by 3.1 Flash Image": _case(
        "gemini-3.1-flash-image-preview",
        gemini(20, 1_120, candidatesTokensDetails=modalities(image=1_120)),
        Line(20, "text in", "0.50"),
        Line(1_120, "image out", "60.00"),
        nanodollars=67_210_000,
    ),
    "a picture by 2.5 Flash Image": _case(
        "gemini-2.5-flash-image",
        gemini(300, 1_290, candidatesTokensDetails=modalities(image=1_290)),
        Line(300, "text and image in", "0.30"),
        Line(1_290, "image out", "30.00"),
        nanodollars=38_790_000,
    ),
    "speech by 2.5 Flash": _case(
        "gemini-2.5-flash-preview-tts",
        gemini(100, 1_000, candidatesTokensDetails=modalities(audio=1_000)),
        Line(100, "text in", "0.50"),
        Line(1_000, "audio out", "10.00"),
        nanodollars=10_050_000,
    ),
    "2.5 Computer Use beyond 200,000 tokens": _case(
        "gemini-2.5-computer-use-preview-10-2025",
        gemini(250_000, 1_000),
        Line(250_000, "input", "2.50"),
        Line(1_000, "output", "15.00"),
        nanodollars=640_000_000,
    ),
    "2.0 Flash in a batch: sound, and a cache that costs the same": _case(
        "gemini-2.0-flash",
        gemini(
            3_000,
            100,
            cached=1_000,
            promptTokensDetails=modalities(text=2_000, audio=1_000),
            cacheTokensDetails=modalities(text=1_000),
            serviceTier="batch",
        ),
        Line(1_000, "batch text in", "0.05"),
        Line(1_000, "batch audio in", "0.35"),
        Line(1_000, "context caching", "0.025"),
        Line(100, "batch output", "0.20"),
        nanodollars=445_000,
    ),
    "an embedding": _case(
        "gemini-embedding-001",
        {"embedding": {"values": []}, "usageMetadata": {"promptTokenCount": 2_000}},
        Line(2_000, "input", "0.15"),
        nanodollars=300_000,
        path="/v1beta/models/gemini-embedding-001:embedContent",
    ),
}
