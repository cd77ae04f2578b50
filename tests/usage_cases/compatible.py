"""Usage of those who speak OpenAI's chat and mean something else by its words."""

from ingest_app.events import Usage
from tests.usage_cases.form import CHAT, Case, chat

COMPATIBLE: dict[str, Case] = {
    "Groq, of a stream that was put together elsewhere": (
        "groq",
        "/openai/v1/chat/completions",
        chat(queue_time=0.03, prompt_tokens=24, prompt_time=0.01, completion_tokens=377, total_tokens=401),
        Usage(prompt_tokens=24, completion_tokens=377),
    ),
    "DeepSeek: hits and misses make the prompt": (
        "deepseek",
        "/chat/completions",
        chat(
            prompt_tokens=1000,
            completion_tokens=10,
            total_tokens=1010,
            prompt_cache_hit_tokens=960,
            prompt_cache_miss_tokens=40,
        ),
        Usage(prompt_tokens=1000, completion_tokens=10, cache_read_tokens=960),
    ),
    "xAI: reasoning beside the completion": (
        "xai",
        CHAT,
        chat(
            prompt_tokens=32,
            completion_tokens=9,
            total_tokens=135,
            prompt_tokens_details={"text_tokens": 32, "cached_tokens": 6},
            completion_tokens_details={"reasoning_tokens": 94},
            num_sources_used=0,
        ),
        Usage(prompt_tokens=32, completion_tokens=103, cache_read_tokens=6, reasoning_tokens=94),
    ),
    "xAI without a total": (
        "xai",
        CHAT,
        chat(prompt_tokens=32, completion_tokens=9, completion_tokens_details={"reasoning_tokens": 94}),
        Usage(prompt_tokens=32, completion_tokens=103, reasoning_tokens=94),
    ),
    "xAI responses tell their cost in ticks": (
        "xai",
        "/v1/responses",
        {
            "usage": {
                "input_tokens": 9212,
                "input_tokens_details": {"cached_tokens": 3072},
                "output_tokens": 3417,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 12629,
                "cost_in_usd_ticks": 318_319_000,
            }
        },
        Usage(
            prompt_tokens=9212,
            completion_tokens=3417,
            cache_read_tokens=3072,
            reported_cost_nanodollars=31_831_900,
        ),
    ),
    "OpenRouter tells its own cost": (
        "openrouter",
        "/api/v1/chat/completions",
        chat(
            prompt_tokens=194,
            completion_tokens=2,
            total_tokens=196,
            cost=0.00095,
            is_byok=False,
            cost_details={"upstream_inference_cost": 0.00095},
            prompt_tokens_details={"cached_tokens": 100, "cache_write_tokens": 50, "audio_tokens": 0},
        ),
        Usage(
            prompt_tokens=194,
            completion_tokens=2,
            cache_read_tokens=100,
            cache_write_tokens=50,
            reported_cost_nanodollars=950_000,
        ),
    ),
    "OpenRouter with a key of one's own: the fee and what the maker charges": (
        "openrouter",
        "/api/v1/chat/completions",
        chat(
            prompt_tokens=10,
            completion_tokens=2,
            total_tokens=12,
            cost=0.00005,
            is_byok=True,
            cost_details={"upstream_inference_cost": 0.001},
        ),
        Usage(prompt_tokens=10, completion_tokens=2, reported_cost_nanodollars=1_050_000),
    ),
    "Perplexity tells its own cost, the request's price within": (
        "perplexity",
        "/chat/completions",
        chat(
            prompt_tokens=7,
            completion_tokens=100,
            total_tokens=107,
            search_context_size="low",
            cost={"input_tokens_cost": 0.0, "output_tokens_cost": 0.0001, "total_cost": 0.0051},
        ),
        Usage(prompt_tokens=7, completion_tokens=100, reported_cost_nanodollars=5_100_000),
    ),
    "A cost told by somebody unknown is not believed": (
        "custom",
        CHAT,
        chat(prompt_tokens=7, completion_tokens=1, total_tokens=8, cost=3),
        Usage(prompt_tokens=7, completion_tokens=1),
    ),
    "Mistral": (
        "mistral",
        CHAT,
        chat(prompt_tokens=16, completion_tokens=34, total_tokens=50),
        Usage(prompt_tokens=16, completion_tokens=34),
    ),
    "Fireworks": (
        "fireworks",
        "/inference/v1/chat/completions",
        chat(
            prompt_tokens=90,
            completion_tokens=4,
            total_tokens=94,
            prompt_tokens_details={"cached_tokens": 64},
        ),
        Usage(prompt_tokens=90, completion_tokens=4, cache_read_tokens=64),
    ),
    "A proxy that passes Anthropic's counts on beside the prompt": (
        "custom",
        CHAT,
        chat(
            prompt_tokens=10,
            completion_tokens=5,
            total_tokens=115,
            cache_read_input_tokens=60,
            cache_creation_input_tokens=40,
        ),
        Usage(prompt_tokens=110, completion_tokens=5, cache_read_tokens=60, cache_write_tokens=40),
    ),
    "LiteLLM's: the same words within the prompt": (
        "custom",
        CHAT,
        chat(
            prompt_tokens=110,
            completion_tokens=5,
            total_tokens=115,
            cache_read_input_tokens=60,
            cache_creation_input_tokens=40,
        ),
        Usage(prompt_tokens=110, completion_tokens=5, cache_read_tokens=60, cache_write_tokens=40),
    ),
}
