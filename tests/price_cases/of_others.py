"""Mistral, Groq, xAI, Together, Fireworks, OpenRouter, Perplexity, Cohere and Cerebras."""

from typing import Any

from tests.price_cases.form import HOUR, THOUSAND, Answer, Line, List, PriceCase, chat, on

MISTRAL = List("https://mistral.ai/pricing/api", "2026-08")
MISTRAL_NEWS = List("https://mistral.ai/news/mistral-medium-3", "2025-05-07")
MISTRAL_JANUARY = List("https://mistral.ai/pricing", "2026-01-13")
GROQ = List("https://groq.com/pricing", "2026-07-27")
XAI = List("https://docs.x.ai/docs/models", "2026-05")
TOGETHER = List("https://www.together.ai/pricing", "2026-04")
FIREWORKS = List("https://docs.fireworks.ai/serverless/pricing", "2026-06")
OPENROUTER = List("https://openrouter.ai/docs/faq (the maker's prices, without markup)", "2026-04-29")
PERPLEXITY = List("https://docs.perplexity.ai/getting-started/pricing", "2026")
COHERE = List("https://cohere.com/pricing", "2026-02")
CEREBRAS = List("https://www.cerebras.ai/pricing", "2026-03-31")
CHAT = "/v1/chat/completions"


def _case(
    listed: List, day: str, provider: str, answer: Answer, *bill: Line, path: str = CHAT, **more: Any
) -> PriceCase:
    return PriceCase(listed, on(day), provider, path, answer, bill, **more)


def _sonar(model: str, prompt: int, completion: int, searched: str = "") -> Answer:
    answer = chat(model, prompt, completion)
    if searched:
        answer["usage"]["search_context_size"] = searched
    return answer


def _cohere(prompt: int, completion: int) -> Answer:
    return {
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        "usage": {
            "billed_units": {"input_tokens": prompt, "output_tokens": completion},
            "tokens": {"input_tokens": prompt + 500, "output_tokens": completion},
        },
    }


OTHERS: dict[str, PriceCase] = {
    "Mistral Medium 3": _case(
        MISTRAL_NEWS,
        "2025-06-10",
        "mistral",
        chat("mistral-medium-2505", 1_000, 100),
        Line(1_000, "input", "0.4"),
        Line(100, "output", "2"),
        nanodollars=600_000,
    ),
    "Mistral Large, the latest, which is Large 3": _case(
        MISTRAL_JANUARY,
        "2026-01-13",
        "mistral",
        chat("mistral-large-latest", 1_000, 100),
        Line(1_000, "input", "0.50"),
        Line(100, "output", "1.50"),
        nanodollars=650_000,
    ),
    "Mistral Small 4": _case(
        MISTRAL,
        "2026-08-10",
        "mistral",
        chat("mistral-small-2603", 1_000, 100),
        Line(1_000, "input", "0.15"),
        Line(100, "output", "0.60"),
        nanodollars=210_000,
    ),
    "Codestral filling in the middle": _case(
        MISTRAL,
        "2026-08-10",
        "mistral",
        chat("codestral-2508", 1_000, 100),
        Line(1_000, "input", "0.30"),
        Line(100, "output", "0.90"),
        nanodollars=390_000,
        path="/v1/fim/completions",
    ),
    "Mistral Embed": _case(
        MISTRAL,
        "2026-08-10",
        "mistral",
        {
            "object": "list",
            "model": "mistral-embed",
            "data": [],
            "usage": {"prompt_tokens": 1_000, "total_tokens": 1_000, "completion_tokens": 0},
        },
        Line(1_000, "tokens", "0.1"),
        nanodollars=100_000,
        path="/v1/embeddings",
    ),
    "Groq: Llama 3.3 70B": _case(
        GROQ,
        "2026-07-27",
        "groq",
        chat("llama-3.3-70b-versatile", 1_000, 1_000),
        Line(1_000, "input", "0.59"),
        Line(1_000, "output", "0.79"),
        nanodollars=1_380_000,
        path="/openai/v1/chat/completions",
    ),
    "Groq: Llama 3.1 8B": _case(
        GROQ,
        "2026-07-27",
        "groq",
        chat("llama-3.1-8b-instant", 10_000, 1_000),
        Line(10_000, "input", "0.05"),
        Line(1_000, "output", "0.08"),
        nanodollars=580_000,
        path="/openai/v1/chat/completions",
    ),
    "Groq: GPT OSS 120B, cached input at half": _case(
        GROQ,
        "2026-07-27",
        "groq",
        chat("openai/gpt-oss-120b", 1_000, 100, cached=400),
        Line(600, "input", "0.15"),
        Line(400, "cached input", "0.075"),
        Line(100, "output", "0.60"),
        nanodollars=180_000,
        path="/openai/v1/chat/completions",
    ),
    "Groq: an hour of sound by Whisper": _case(
        GROQ,
        "2026-07-27",
        "groq",
        {"text": "Hi", "duration": 3600.0, "segments": []},
        Line(3_600, "seconds", "0.04", HOUR),
        nanodollars=40_000_000,
        path="/openai/v1/audio/transcriptions",
        asked="whisper-large-v3-turbo",
    ),
    "Groq: two seconds of sound, charged as ten": _case(
        GROQ,
        "2026-07-27",
        "groq",
        {"text": "Hi", "duration": 2.0, "segments": []},
        Line(10, "seconds at least", "0.111", HOUR),
        nanodollars=308_333,
        path="/openai/v1/audio/transcriptions",
        asked="whisper-large-v3",
    ),
    "xAI: Grok 4.3, whose reasoning is beside its completion": _case(
        XAI,
        "2026-05-10",
        "xai",
        {
            "object": "chat.completion",
            "model": "grok-4.3",
            "choices": [],
            "usage": {
                "prompt_tokens": 1_000,
                "completion_tokens": 100,
                "total_tokens": 1_300,
                "completion_tokens_details": {"reasoning_tokens": 200},
            },
        },
        Line(1_000, "input", "1.25"),
        Line(300, "output and reasoning", "2.50"),
        nanodollars=2_000_000,
    ),
    "xAI: Grok 4.1 Fast": _case(
        XAI,
        "2026-05-10",
        "xai",
        chat("grok-4-1-fast-reasoning", 10_000, 1_000),
        Line(10_000, "input", "0.20"),
        Line(1_000, "output", "0.50"),
        nanodollars=2_500_000,
    ),
    "Together: Llama 3.3 70B": _case(
        TOGETHER,
        "2026-04-10",
        "together",
        chat("meta-llama/Llama-3.3-70B-Instruct-Turbo", 1_000, 100),
        Line(1_100, "tokens in and out", "0.88"),
        nanodollars=968_000,
    ),
    "Together: GPT OSS 120B": _case(
        TOGETHER,
        "2026-04-10",
        "together",
        chat("openai/gpt-oss-120b", 1_000, 100),
        Line(1_000, "input", "0.15"),
        Line(100, "output", "0.60"),
        nanodollars=210_000,
    ),
    "Fireworks: Kimi K2.6, partly cached": _case(
        FIREWORKS,
        "2026-06-10",
        "fireworks",
        chat("accounts/fireworks/models/kimi-k2p6", 2_000, 100, cached=1_000),
        Line(1_000, "input", "0.95"),
        Line(1_000, "cached input", "0.16"),
        Line(100, "output", "4.00"),
        nanodollars=1_510_000,
        path="/inference/v1/chat/completions",
    ),
    "Fireworks: DeepSeek V4 Pro, partly cached": _case(
        FIREWORKS,
        "2026-06-10",
        "fireworks",
        chat("accounts/fireworks/models/deepseek-v4-pro", 2_000, 100, cached=1_000),
        Line(1_000, "input", "1.74"),
        Line(1_000, "cached input", "0.145"),
        Line(100, "output", "3.48"),
        nanodollars=2_233_000,
        path="/inference/v1/chat/completions",
    ),
    "Fireworks: GPT OSS 120B, mostly cached": _case(
        FIREWORKS,
        "2026-06-10",
        "fireworks",
        chat("accounts/fireworks/models/gpt-oss-120b", 11_000, 100, cached=10_000),
        Line(1_000, "input", "0.15"),
        Line(10_000, "cached input", "0.015"),
        Line(100, "output", "0.60"),
        nanodollars=360_000,
        path="/inference/v1/chat/completions",
    ),
    "OpenRouter: GPT-4o mini, where the answer tells no cost": _case(
        OPENROUTER,
        "2026-05-10",
        "openrouter",
        chat("openai/gpt-4o-mini", 1_000, 100),
        Line(1_000, "input", "0.15"),
        Line(100, "output", "0.60"),
        nanodollars=210_000,
        path="/api/v1/chat/completions",
    ),
    "Perplexity: Sonar, its request's fee for a little search": _case(
        PERPLEXITY,
        "2026-02-10",
        "perplexity",
        _sonar("sonar", 10, 200),
        Line(10, "input", "1"),
        Line(200, "output", "1"),
        Line(1, "request, low context", "5", THOUSAND),
        nanodollars=5_210_000,
        path="/chat/completions",
    ),
    "Perplexity: Sonar Pro, its request's fee for much search": _case(
        PERPLEXITY,
        "2026-02-10",
        "perplexity",
        _sonar("sonar-pro", 100, 500, "high"),
        Line(100, "input", "3"),
        Line(500, "output", "15"),
        Line(1, "request, high context", "14", THOUSAND),
        nanodollars=21_800_000,
        path="/chat/completions",
    ),
    "Perplexity: Sonar Reasoning Pro, its request's fee for some search": _case(
        PERPLEXITY,
        "2026-02-10",
        "perplexity",
        _sonar("sonar-reasoning-pro", 100, 100, "medium"),
        Line(100, "input", "2"),
        Line(100, "output", "8"),
        Line(1, "request, medium context", "10", THOUSAND),
        nanodollars=11_000_000,
        path="/chat/completions",
    ),
    "Cohere: Command A, by what is billed and not by what was used": _case(
        COHERE,
        "2026-02-10",
        "cohere",
        _cohere(1_000, 100),
        Line(1_000, "input", "2.50"),
        Line(100, "output", "10.00"),
        nanodollars=3_500_000,
        path="/v2/chat",
        asked="command-a-03-2025",
    ),
    "Cohere: Command R7B": _case(
        COHERE,
        "2026-02-10",
        "cohere",
        _cohere(1_000, 100),
        Line(1_000, "input", "0.0375"),
        Line(100, "output", "0.15"),
        nanodollars=52_500,
        path="/v2/chat",
        asked="command-r7b-12-2024",
    ),
    "Cohere: Embed 4": _case(
        COHERE,
        "2026-02-10",
        "cohere",
        {"embeddings": {"float": []}, "meta": {"billed_units": {"input_tokens": 1_000}}},
        Line(1_000, "tokens", "0.12"),
        nanodollars=120_000,
        path="/v2/embed",
        asked="embed-v4.0",
    ),
    "Cerebras: GPT OSS 120B": _case(
        CEREBRAS,
        "2026-03-31",
        "cerebras",
        chat("gpt-oss-120b", 1_000, 100),
        Line(1_000, "input", "0.35"),
        Line(100, "output", "0.75"),
        nanodollars=425_000,
    ),
    "Cerebras: Z.ai GLM 4.7": _case(
        CEREBRAS,
        "2026-03-31",
        "cerebras",
        chat("zai-glm-4.7", 1_000, 100),
        Line(1_000, "input", "2.25"),
        Line(100, "output", "2.75"),
        nanodollars=2_525_000,
    ),
}
