"""OpenAI's usage, and Azure's."""

from ingest_app.events import Usage
from tests.usage_cases.form import CHAT, Case, chat

OPENAI: dict[str, Case] = {
    "OpenAI chat: cached, audio and image within the prompt, reasoning within the completion": (
        "openai",
        CHAT,
        chat(
            prompt_tokens=2006,
            completion_tokens=300,
            total_tokens=2306,
            prompt_tokens_details={"cached_tokens": 1920, "audio_tokens": 10, "image_tokens": 20},
            completion_tokens_details={"reasoning_tokens": 128, "audio_tokens": 40},
        ),
        Usage(
            prompt_tokens=2006,
            completion_tokens=300,
            cache_read_tokens=1920,
            prompt_audio_tokens=10,
            prompt_image_tokens=20,
            reasoning_tokens=128,
            completion_audio_tokens=40,
        ),
    ),
    "OpenAI responses": (
        "openai",
        "/v1/responses",
        {
            "object": "response",
            "usage": {
                "input_tokens": 328,
                "input_tokens_details": {"cached_tokens": 256},
                "output_tokens": 52,
                "output_tokens_details": {"reasoning_tokens": 20},
                "total_tokens": 380,
            },
        },
        Usage(prompt_tokens=328, completion_tokens=52, cache_read_tokens=256, reasoning_tokens=20),
    ),
    "OpenAI completions": (
        "openai",
        "/v1/completions",
        chat(prompt_tokens=5, completion_tokens=7, total_tokens=12),
        Usage(prompt_tokens=5, completion_tokens=7),
    ),
    "OpenAI embeddings": (
        "openai",
        "/v1/embeddings",
        {"object": "list", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}},
        Usage(prompt_tokens=8),
    ),
    "OpenAI images: what comes out is all pictures": (
        "openai",
        "/v1/images/edits",
        {
            "data": [],
            "usage": {
                "total_tokens": 4214,
                "input_tokens": 54,
                "output_tokens": 4160,
                "input_tokens_details": {"text_tokens": 14, "image_tokens": 40},
            },
        },
        Usage(
            prompt_tokens=54,
            completion_tokens=4160,
            prompt_image_tokens=40,
            completion_image_tokens=4160,
        ),
    ),
    "OpenAI transcription by tokens": (
        "openai",
        "/v1/audio/transcriptions",
        {
            "text": "Imagine",
            "usage": {
                "type": "tokens",
                "input_tokens": 14,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
                "output_tokens": 45,
                "total_tokens": 59,
            },
        },
        Usage(prompt_tokens=14, prompt_audio_tokens=14, completion_tokens=45),
    ),
    "OpenAI transcription by length": (
        "openai",
        "/v1/audio/transcriptions",
        {"text": "Imagine", "usage": {"type": "duration", "seconds": 9}},
        Usage(prompt_audio_seconds=9),
    ),
    "OpenAI moderation is free": (
        "openai",
        "/v1/moderations",
        {"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": False}]},
        Usage(reported_cost_nanodollars=0),
    ),
    "OpenAI realtime: cached audio is a part of both": (
        "openai",
        "/v1/realtime",
        {
            "type": "response.done",
            "response": {
                "usage": {
                    "total_tokens": 253,
                    "input_tokens": 132,
                    "output_tokens": 121,
                    "input_token_details": {
                        "text_tokens": 119,
                        "audio_tokens": 13,
                        "cached_tokens": 64,
                        "cached_tokens_details": {"text_tokens": 54, "audio_tokens": 10},
                    },
                    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
                }
            },
        },
        Usage(
            prompt_tokens=132,
            completion_tokens=121,
            cache_read_tokens=64,
            cache_read_audio_tokens=10,
            prompt_audio_tokens=13,
            completion_audio_tokens=91,
        ),
    ),
    "Azure speaks OpenAI's": (
        "azure",
        "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
        chat(prompt_tokens=9, completion_tokens=4, total_tokens=13),
        Usage(prompt_tokens=9, completion_tokens=4),
    ),
}
