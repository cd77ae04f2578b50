"""Usage in dialects of their own: Anthropic's, Google's, Bedrock's, Cohere's, Ollama's."""

from ingest_app.events import Usage
from tests.usage_cases.form import CHAT, Case, chat

OTHERS: dict[str, Case] = {
    "Anthropic: three counts of input beside each other": (
        "anthropic",
        "/v1/messages",
        {
            "type": "message",
            "usage": {
                "input_tokens": 50,
                "cache_read_input_tokens": 100_000,
                "cache_creation_input_tokens": 556,
                "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 100},
                "output_tokens": 503,
            },
        },
        Usage(
            prompt_tokens=100_606,
            completion_tokens=503,
            cache_read_tokens=100_000,
            cache_write_tokens=556,
            cache_write_1h_tokens=100,
        ),
    ),
    "Anthropic on Vertex": (
        "vertex",
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict",
        {"usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 3}},
        Usage(prompt_tokens=25, completion_tokens=3, cache_read_tokens=20),
    ),
    "Anthropic's own chat completions speak OpenAI's": (
        "anthropic",
        CHAT,
        chat(prompt_tokens=12, completion_tokens=3, total_tokens=15),
        Usage(prompt_tokens=12, completion_tokens=3),
    ),
    "Gemini: cached within, thoughts and tool results beside": (
        "google",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        {
            "candidates": [],
            "usageMetadata": {
                "promptTokenCount": 1000,
                "cachedContentTokenCount": 800,
                "candidatesTokenCount": 50,
                "thoughtsTokenCount": 200,
                "toolUsePromptTokenCount": 30,
                "totalTokenCount": 1280,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 600},
                    {"modality": "AUDIO", "tokenCount": 300},
                    {"modality": "IMAGE", "tokenCount": 100},
                ],
                "cacheTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 500},
                    {"modality": "AUDIO", "tokenCount": 300},
                ],
            },
        },
        Usage(
            prompt_tokens=1030,
            completion_tokens=250,
            cache_read_tokens=800,
            cache_read_audio_tokens=300,
            reasoning_tokens=200,
            prompt_audio_tokens=300,
            prompt_image_tokens=100,
        ),
    ),
    "Google's OpenAI endpoint tells thoughts in the total only": (
        "google",
        "/v1beta/openai/chat/completions",
        chat(prompt_tokens=10, completion_tokens=20, total_tokens=130),
        Usage(prompt_tokens=10, completion_tokens=120, reasoning_tokens=100),
    ),
    "Vertex embeddings": (
        "vertex",
        "/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict",
        {
            "predictions": [
                {"embeddings": {"values": [0.1], "statistics": {"truncated": False, "token_count": 6}}},
                {"embeddings": {"values": [0.2], "statistics": {"truncated": False, "token_count": 4}}},
            ]
        },
        Usage(prompt_tokens=10),
    ),
    "Bedrock Converse: cache beside the input": (
        "bedrock",
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
            "usage": {
                "inputTokens": 30,
                "outputTokens": 628,
                "totalTokens": 1658,
                "cacheReadInputTokens": 900,
                "cacheWriteInputTokens": 100,
                "cacheDetails": [
                    {"ttl": "1h", "inputTokens": 60},
                    {"ttl": "5m", "inputTokens": 40},
                ],
            },
        },
        Usage(
            prompt_tokens=1030,
            completion_tokens=628,
            cache_read_tokens=900,
            cache_write_tokens=100,
            cache_write_1h_tokens=60,
        ),
    ),
    "Bedrock InvokeModel with Claude speaks Anthropic's": (
        "bedrock",
        "/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/invoke",
        {"usage": {"input_tokens": 11, "output_tokens": 22}},
        Usage(prompt_tokens=11, completion_tokens=22),
    ),
    "Cohere: what is billed": (
        "cohere",
        "/v2/chat",
        {
            "finish_reason": "COMPLETE",
            "usage": {
                "billed_units": {"input_tokens": 5, "output_tokens": 418},
                "tokens": {"input_tokens": 71, "output_tokens": 418},
            },
        },
        Usage(prompt_tokens=5, completion_tokens=418),
    ),
    "Cohere embeddings": (
        "cohere",
        "/v2/embed",
        {"embeddings": {}, "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 2}}},
        Usage(prompt_tokens=2),
    ),
    "Ollama": (
        "ollama",
        "/api/chat",
        {"model": "llama3.2", "done": True, "prompt_eval_count": 26, "eval_count": 298},
        Usage(prompt_tokens=26, completion_tokens=298),
    ),
}
