"""Which clients are driven, what each shows, and how it is pointed at the gateway."""

from dataclasses import dataclass

_OPENAI_ERRORS = ("error_wrong_key", "error_rate_limited", "error_of_server", "error_in_stream")
# Behaviours whose calls the vendor does not count in tokens.
_UNCOUNTED = frozenset({"models", "files", "speech", "count_tokens", "google_embeddings"})

_OPENAI_PYTHON = (
    "chat",
    "stream",
    "stream_without_usage",
    "async_chat",
    "tools",
    "stream_tools",
    "parsed",
    "stream_parsed",
    "responses",
    "responses_stream",
    "responses_parsed",
    "embeddings",
    "completion",
    "models",
    "images",
    "image_edit",
    "speech",
    "transcription",
    "files",
    *_OPENAI_ERRORS,
    "error_unknown_model",
    "error_html_page",
)

_ANTHROPIC_PYTHON = (
    "message",
    "stream",
    "async_stream",
    "tools",
    "stream_tools",
    "thinking",
    "parsed",
    "count_tokens",
    "models",
    "error_wrong_key",
    "error_rate_limited",
    "error_overloaded",
    "error_in_stream",
)


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client program. Its behaviours named `error_…` have to raise, all others have to return."""

    program: str  # below this folder
    behaviours: tuple[str, ...]
    # What follows the gateway's origin in the client's base URLs.
    openai_path: str = "/v1"
    anthropic_path: str = ""
    google_path: str = ""
    only_helicone_key: bool = False  # the organization keeps the provider's key
    model_and_provider: str = "gpt-4o/openai"
    beside_tests: bool = False  # runs in the environment of the tests, where the SDKs are newer


CLIENTS = {
    "openai-python-3": Client(
        program="python/openai_client.py",
        openai_path="/v1/gateway/oai/v1",
        behaviours=_OPENAI_PYTHON,
        beside_tests=True,
    ),
    "openai-python-2": Client(
        program="python/openai_client.py",
        # Files have no path that is the gateway's without a prefix.
        behaviours=tuple(name for name in _OPENAI_PYTHON if name != "files"),
    ),
    "openai-python-helicone-key": Client(
        program="python/openai_client.py",
        only_helicone_key=True,
        model_and_provider="openai/gpt-4o",
        beside_tests=True,
        behaviours=(
            "chat",
            "model_and_provider",
            "stream_without_usage",
            "tools",
            "embeddings",
            "error_rate_limited",
            "error_in_stream",
        ),
    ),
    "openai-node": Client(
        program="node/openai_client.mjs",
        openai_path="/v1/gateway/oai/v1",
        behaviours=(
            "chat",
            "stream",
            "stream_without_usage",
            "tools",
            "stream_tools",
            "parsed",
            "responses",
            "responses_stream",
            "responses_parsed",
            "embeddings",
            "models",
            "images",
            "speech",
            "transcription",
            "files",
            *_OPENAI_ERRORS,
        ),
    ),
    "anthropic-python-2": Client(
        program="python/anthropic_client.py",
        anthropic_path="/v1/gateway/anthropic",
        behaviours=_ANTHROPIC_PYTHON,
        beside_tests=True,
    ),
    "anthropic-python-0": Client(program="python/anthropic_client.py", behaviours=_ANTHROPIC_PYTHON),
    "anthropic-node": Client(
        program="node/anthropic_client.mjs",
        behaviours=(
            "message",
            "stream",
            "tools",
            "stream_tools",
            "thinking",
            "count_tokens",
            "models",
            "error_wrong_key",
            "error_overloaded",
            "error_in_stream",
        ),
    ),
    "google-genai": Client(
        program="python/google_genai_client.py",
        google_path="/v1/gateway/google",
        behaviours=(
            "generate",
            "stream",
            "async_stream",
            "tools",
            "parsed",
            "google_embeddings",
            "count_tokens",
            "error_wrong_key",
            "error_rate_limited",
        ),
    ),
    "langchain": Client(
        program="python/langchain_client.py",
        behaviours=(
            "openai_invoke",
            "openai_stream",
            "openai_async_batch",
            "openai_tools",
            "openai_structured",
            "openai_responses",
            "openai_embeddings",
            "anthropic_invoke",
            "anthropic_stream",
            "anthropic_tools",
            "error_rate_limited",
            "error_in_stream",
        ),
    ),
    "llama-index": Client(
        program="python/llama_index_client.py",
        behaviours=(
            "chat",
            "stream_chat",
            "async_complete",
            "tools",
            "structured",
            "responses",
            "error_of_server",
        ),
    ),
    "litellm": Client(
        program="python/litellm_client.py",
        behaviours=(
            "openai_completion",
            "openai_stream",
            "openai_async",
            "openai_tools",
            "openai_embedding",
            "openai_responses",
            "anthropic_completion",
            "anthropic_stream",
            "error_wrong_key",
            "error_rate_limited",
            "error_in_stream",
        ),
    ),
    "instructor": Client(
        program="python/instructor_client.py",
        behaviours=(
            "openai_tool",
            "openai_schema",
            "openai_partial",
            "openai_iterable",
            "anthropic_tool",
            "error_of_server",
        ),
    ),
    "pydantic-ai": Client(
        program="python/pydantic_ai_client.py",
        behaviours=(
            "openai_chat",
            "openai_tools",
            "openai_structured",
            "openai_stream",
            "openai_responses",
            "anthropic_tools",
            "anthropic_stream",
            "error_of_server",
        ),
    ),
    "vercel-ai-sdk": Client(
        program="node/vercel_client.mjs",
        only_helicone_key=True,
        behaviours=(
            "generate",
            "model_and_provider",
            "stream",
            "tools",
            "stream_tools",
            "object",
            "error_rate_limited",
        ),
    ),
}
SHOWN = [(client, behaviour) for client, case in CLIENTS.items() for behaviour in case.behaviours]
COUNTED = [
    (client, behaviour)
    for client, behaviour in SHOWN
    if behaviour not in _UNCOUNTED and not behaviour.startswith("error_")
]
BROKEN_STREAMS = [case for case in SHOWN if case[1] == "error_in_stream"]
UNBROKEN = [case for case in SHOWN if case not in BROKEN_STREAMS]
