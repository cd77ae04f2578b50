"""Which handler answers which path."""

from collections.abc import Callable

from tests.fake_provider import (
    anthropic_messages,
    bedrock_converse,
    google_generate,
    openai_chat,
    openai_legacy,
    openai_media,
    openai_responses,
)
from tests.fake_provider.answer import Answer, Ask
from tests.fake_provider.vendors import Vendor

Handler = Callable[[Ask], Answer]

# By the end of the path, the longer first: others serve OpenAI's dialect under another root.
_BY_END: tuple[tuple[str, Vendor, Handler], ...] = (
    ("/chat/completions", "openai", openai_chat.chat_completion),
    ("/completions", "openai", openai_legacy.completion),
    ("/responses", "openai", openai_responses.response),
    ("/embeddings", "openai", openai_legacy.embeddings),
    ("/images/generations", "openai", openai_media.images),
    ("/images/edits", "openai", openai_media.images),
    ("/audio/speech", "openai", openai_media.speech),
    ("/audio/transcriptions", "openai", openai_media.transcription),
    ("/moderations", "openai", openai_media.moderation),
    ("/v1/messages", "anthropic", anthropic_messages.message),
    ("/v1/messages/count_tokens", "anthropic", anthropic_messages.token_count),
    (":generateContent", "google", google_generate.generate_content),
    (":streamGenerateContent", "google", google_generate.generate_content),
    (":embedContent", "google", google_generate.embed_content),
    (":batchEmbedContents", "google", google_generate.embed_content),
    (":countTokens", "google", google_generate.count),
    ("/converse", "bedrock", bedrock_converse.converse),
    ("/converse-stream", "bedrock", bedrock_converse.converse),
)


def route_of(path: str) -> tuple[Vendor, Handler] | None:
    """Returns whose path it is and what answers there, None where nothing does."""
    found = ((vendor, handler) for end, vendor, handler in _BY_END if path.endswith(end))
    return next(found, None)


def vendor_of(path: str, headers: dict[str, str]) -> Vendor:
    """Returns whom a caller means who asks at `path`, by the path or else by its headers."""
    if route := route_of(path):
        return route[0]
    if path.startswith("/model/"):
        return "bedrock"
    if "x-goog-api-key" in headers or path.startswith("/v1beta/"):
        return "google"
    return "anthropic" if "anthropic-version" in headers else "openai"
