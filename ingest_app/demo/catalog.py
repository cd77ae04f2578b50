"""The models that the demo calls, how fast they are, and where they are reached."""

from typing import Literal, NamedTuple

Dialect = Literal["chat", "messages", "responses", "embeddings"]


class Model(NamedTuple):
    """One model. Speeds are medians as one sees them from Europe."""

    name: str
    answers_as: str  # the version that an answer names
    provider: str
    dialect: Dialect
    first_token_ms: int
    tokens_per_s: int
    reasons: bool = False

    @property
    def path(self) -> str:
        """Returns the provider's path, as the provider sees it."""
        return _PREFIX.get(self.provider, "/v1") + _PATH[self.dialect]

    @property
    def target_url(self) -> str:
        """Returns the whole address."""
        return _ORIGIN[self.provider] + self.path


_PATH: dict[Dialect, str] = {
    "chat": "/chat/completions",
    "messages": "/messages",
    "responses": "/responses",
    "embeddings": "/embeddings",
}
_PREFIX = {"google": "/v1beta/openai", "groq": "/openai/v1"}
_ORIGIN = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "mistral": "https://api.mistral.ai",
    "groq": "https://api.groq.com",
    "deepseek": "https://api.deepseek.com",
    "custom": "https://models.example.com",
}

GPT_4O_MINI = Model("gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai", "chat", 420, 95)
GPT_4O = Model("gpt-4o", "gpt-4o-2024-08-06", "openai", "chat", 520, 80)
GPT_41 = Model("gpt-4.1", "gpt-4.1-2025-04-14", "openai", "chat", 560, 75)
GPT_41_MINI = Model("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", "openai", "chat", 440, 100)
O4_MINI = Model("o4-mini", "o4-mini-2025-04-16", "openai", "responses", 700, 130, reasons=True)
SONNET = Model("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "anthropic", "messages", 950, 65)
HAIKU = Model("claude-haiku-4-5", "claude-haiku-4-5-20251001", "anthropic", "messages", 480, 140)
GEMINI_FLASH = Model("gemini-2.5-flash", "gemini-2.5-flash", "google", "chat", 400, 180)
MISTRAL_LARGE = Model("mistral-large-latest", "mistral-large-latest", "mistral", "chat", 480, 60)
MISTRAL_SMALL = Model("mistral-small-latest", "mistral-small-latest", "mistral", "chat", 280, 120)
LLAMA = Model("llama-3.3-70b-versatile", "llama-3.3-70b-versatile", "groq", "chat", 160, 290)
DEEPSEEK = Model("deepseek-chat", "deepseek-chat", "deepseek", "chat", 1100, 35)
EMBEDDING_SMALL = Model(
    "text-embedding-3-small", "text-embedding-3-small", "openai", "embeddings", 190, 20_000
)
# Self-made, so that no price list has it.
SUPPORT_TUNED = Model("support-8b-tuned-v3", "support-8b-tuned-v3", "custom", "chat", 240, 70)
