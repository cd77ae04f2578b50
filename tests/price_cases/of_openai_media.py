"""OpenAI's sound and pictures."""

from typing import Any

from tests.price_cases.form import MINUTE, Answer, Line, List, PriceCase, chat, on

LIST = List("https://platform.openai.com/docs/pricing", "2025-11")
MAY_2026 = List("https://platform.openai.com/docs/pricing", "2026-05-08")


def _case(path: str, answer: Answer, *bill: Line, nanodollars: int, **more: Any) -> PriceCase:
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


def _realtime(model: str, inputs: Answer, outputs: Answer) -> Answer:
    usage = {
        "input_tokens": sum(inputs[name] for name in ("text_tokens", "audio_tokens", "image_tokens")),
        "output_tokens": sum(outputs.values()),
        "input_token_details": inputs,
        "output_token_details": outputs,
    }
    return {"object": "realtime.response", "model": model, "output": [], "usage": usage}


def _pictures(text: int, image: int, output: int, **outputs: int) -> Answer:
    usage: Answer = {
        "input_tokens": text + image,
        "output_tokens": output,
        "total_tokens": text + image + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
    }
    if outputs:
        usage["output_tokens_details"] = outputs
    return {"created": 1, "data": [{"b64_json": ""}], "usage": usage}


OPENAI_MEDIA: dict[str, PriceCase] = {
    "GPT-4o audio: sound in and out": _case(
        "/v1/chat/completions",
        chat("gpt-4o-audio-preview-2025-06-03", 1_100, 520, audio_in=1_000, audio_out=500),
        Line(100, "text in", "2.50"),
        Line(1_000, "audio in", "40.00"),
        Line(20, "text out", "10.00"),
        Line(500, "audio out", "80.00"),
        nanodollars=80_450_000,
    ),
    "GPT-4o mini audio: sound in and out": _case(
        "/v1/chat/completions",
        chat("gpt-4o-mini-audio-preview-2024-12-17", 1_050, 230, audio_in=1_000, audio_out=200),
        Line(50, "text in", "0.15"),
        Line(1_000, "audio in", "10.00"),
        Line(30, "text out", "0.60"),
        Line(200, "audio out", "20.00"),
        nanodollars=14_025_500,
    ),
    "GPT audio: sound in, text out": _case(
        "/v1/chat/completions",
        chat("gpt-audio-2025-08-28", 1_200, 100, audio_in=1_000),
        Line(200, "text in", "2.50"),
        Line(1_000, "audio in", "32.00"),
        Line(100, "text out", "10.00"),
        nanodollars=33_500_000,
    ),
    "GPT realtime: cached sound and cached text": _case(
        "/v1/realtime",
        _realtime(
            "gpt-realtime-2025-08-28",
            {
                "text_tokens": 200,
                "audio_tokens": 900,
                "image_tokens": 0,
                "cached_tokens": 400,
                "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 300, "image_tokens": 0},
            },
            {"text_tokens": 50, "audio_tokens": 400},
        ),
        Line(100, "text in", "4.00"),
        Line(100, "cached text", "0.40"),
        Line(600, "audio in", "32.00"),
        Line(300, "cached audio", "0.40"),
        Line(50, "text out", "16.00"),
        Line(400, "audio out", "64.00"),
        nanodollars=46_160_000,
    ),
    "GPT realtime mini: a picture, and cached sound at a price of its own": _case(
        "/v1/realtime",
        _realtime(
            "gpt-realtime-mini-2025-10-06",
            {
                "text_tokens": 100,
                "audio_tokens": 300,
                "image_tokens": 500,
                "cached_tokens": 100,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 100, "image_tokens": 0},
            },
            {"text_tokens": 10, "audio_tokens": 100},
        ),
        Line(100, "text in", "0.60"),
        Line(500, "image in", "0.80"),
        Line(200, "audio in", "10.00"),
        Line(100, "cached audio", "0.30"),
        Line(10, "text out", "2.40"),
        Line(100, "audio out", "20.00"),
        nanodollars=4_514_000,
    ),
    "GPT-4o realtime: sound at its old price": _case(
        "/v1/realtime",
        _realtime(
            "gpt-4o-realtime-preview-2025-06-03",
            {"text_tokens": 100, "audio_tokens": 1_000, "image_tokens": 0, "cached_tokens": 0},
            {"text_tokens": 100, "audio_tokens": 1_000},
        ),
        Line(100, "text in", "5.00"),
        Line(1_000, "audio in", "40.00"),
        Line(100, "text out", "20.00"),
        Line(1_000, "audio out", "80.00"),
        nanodollars=122_500_000,
    ),
    "a picture edited by GPT Image 1": _case(
        "/v1/images/edits",
        _pictures(50, 323, 4_160),
        Line(50, "text in", "5.00"),
        Line(323, "image in", "10.00"),
        Line(4_160, "image out", "40.00"),
        nanodollars=169_880_000,
        asked="gpt-image-1",
    ),
    "a picture made by GPT Image 1 mini": _case(
        "/v1/images/generations",
        _pictures(30, 0, 1_056),
        Line(30, "text in", "2.00"),
        Line(1_056, "image out", "8.00"),
        nanodollars=8_508_000,
        asked="gpt-image-1-mini",
    ),
    "a picture edited by GPT Image 1.5, which answers in text too": _case(
        "/v1/images/edits",
        _pictures(100, 200, 1_060, image_tokens=1_000, text_tokens=60),
        Line(100, "text in", "5.00"),
        Line(200, "image in", "8.00"),
        Line(1_000, "image out", "32.00"),
        Line(60, "text out", "10.00"),
        nanodollars=34_700_000,
        asked="gpt-image-1.5",
        listed=MAY_2026,
        at=on("2026-05-08"),
    ),
    "a transcription by tokens": _case(
        "/v1/audio/transcriptions",
        {
            "text": "Hi",
            "usage": {
                "type": "tokens",
                "input_tokens": 3_010,
                "input_token_details": {"text_tokens": 10, "audio_tokens": 3_000},
                "output_tokens": 200,
                "total_tokens": 3_210,
            },
        },
        Line(10, "text in", "2.50"),
        Line(3_000, "audio in", "6.00"),
        Line(200, "text out", "10.00"),
        nanodollars=20_025_000,
        asked="gpt-4o-transcribe",
    ),
    "a transcription by the mini model": _case(
        "/v1/audio/transcriptions",
        {
            "text": "Hi",
            "usage": {
                "type": "tokens",
                "input_tokens": 1_000,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 1_000},
                "output_tokens": 100,
                "total_tokens": 1_100,
            },
        },
        Line(1_000, "audio in", "3.00"),
        Line(100, "text out", "5.00"),
        nanodollars=3_500_000,
        asked="gpt-4o-mini-transcribe",
    ),
    "a transcription by Whisper, by the minute": _case(
        "/v1/audio/transcriptions",
        {"text": "Hi", "usage": {"type": "duration", "seconds": 95}},
        Line(95, "seconds", "0.006", MINUTE),
        nanodollars=9_500_000,
        asked="whisper-1",
    ),
    "spoken text": _case(
        "/v1/audio/speech",
        {"audio": "", "usage": {"input_tokens": 20, "output_tokens": 300, "total_tokens": 320}},
        Line(20, "text in", "0.60"),
        Line(300, "audio out", "12.00"),
        nanodollars=3_612_000,
        asked="gpt-4o-mini-tts",
    ),
}
