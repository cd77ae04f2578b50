"""Which reader takes a request and its answer: the path says the dialect, else the shape of the bodies does."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ingest_app.dialects import dialect_of
from requests_app.conversation import chat, embeddings, media, responses, vendors
from requests_app.conversation.model import Kind, Message
from requests_app.conversation.reading import mapping, sequence
from requests_app.conversation.telemetry import generation_messages

Json = dict[str, Any]


class Reader(NamedTuple):
    """How to read one dialect."""

    kind: Kind
    asked: Callable[[Json], list[Message]]
    answered: Callable[[Json], list[Message]]


def _chat_request(request: Json) -> list[Message]:
    """Requests of the chat endpoints; some gateways' hold a `prompt` or an `input` instead of messages."""
    if "messages" in request or "system" in request:
        return chat.request_messages(request)
    if "input" in request or "instructions" in request:
        return responses.input_messages(request)
    if isinstance(request.get("prompts"), list):  # LangChain
        return chat.prompt_messages({"prompt": request["prompts"]})
    return chat.prompt_messages(request) if "prompt" in request else []


def _answer_by_shape(response: Json) -> list[Message]:
    if embeddings.is_embedding_answer(response):
        return embeddings.answer_messages(response)
    if isinstance(response.get("choices"), list):
        return chat.choice_messages(response)
    if isinstance(response.get("output"), list):
        return responses.output_messages(response)
    if isinstance(response.get("content"), list):
        return [chat.content_message(response)]
    if isinstance(response.get("generations"), list):
        return generation_messages(response)
    if isinstance(response.get("output"), dict):
        return vendors.bedrock_answer(response)
    if isinstance(response.get("candidates"), list):
        return vendors.gemini_answer(response)
    if isinstance(response.get("message"), dict):
        return vendors.cohere_answer(response)
    if "role" in response and "content" in response:
        return [answer] if (answer := _answer(response)).parts else []
    return []


def _answer(response: Json) -> Message:
    answer = chat.message(response, "assistant")
    answer.is_answer = True
    return answer


_CHAT = Reader(Kind.CHAT, _chat_request, _answer_by_shape)
_MESSAGES = Reader(Kind.MESSAGES, _chat_request, _answer_by_shape)
_COMPLETION = Reader(Kind.COMPLETION, _chat_request, _answer_by_shape)
_RESPONSES = Reader(Kind.RESPONSES, responses.input_messages, _answer_by_shape)
_GEMINI = Reader(Kind.GEMINI, vendors.gemini_request, vendors.gemini_answer)
_BEDROCK = Reader(Kind.BEDROCK, chat.request_messages, vendors.bedrock_answer)
_COHERE = Reader(Kind.COHERE, vendors.cohere_request, vendors.cohere_answer)
_OLLAMA = Reader(Kind.OLLAMA, vendors.ollama_request, vendors.ollama_answer)
_EMBEDDINGS = Reader(Kind.EMBEDDINGS, embeddings.input_messages, embeddings.answer_messages)
_IMAGES = Reader(Kind.IMAGES, media.prompt_request, media.image_answer)
_UNKNOWN = Reader(Kind.UNKNOWN, _chat_request, _answer_by_shape)

_BY_DIALECT = {
    "openai-chat": _CHAT,
    "openai-completions": _COMPLETION,
    "openai-embeddings": _EMBEDDINGS,
    "openai-responses": _RESPONSES,
    "openai-realtime": _RESPONSES._replace(kind=Kind.REALTIME),
    "openai-images": _IMAGES,
    "openai-speech": Reader(Kind.SPEECH, media.speech_request, media.speech_answer),
    "openai-transcriptions": Reader(Kind.TRANSCRIPTION, media.prompt_request, media.transcription_answer),
    "openai-moderations": Reader(Kind.MODERATION, media.moderation_request, media.moderation_answer),
    "anthropic-messages": _MESSAGES,
    "gemini": _GEMINI,
    "gemini-embeddings": _EMBEDDINGS,
    "bedrock-converse": _BEDROCK,
    "cohere-chat": _COHERE,
    "cohere-embeddings": _EMBEDDINGS,
    "ollama": _OLLAMA,
    "ollama-embeddings": _EMBEDDINGS,
}


def reader_of(request: Json, response: Json, path: str) -> Reader:
    """Returns the reader for these bodies; that of the kind UNKNOWN tries all forms."""
    dialect = dialect_of(path)
    known = _BY_DIALECT.get(dialect.name) if dialect is not None else None
    if known is None:
        return _by_shape(request, response, path)
    if not (known.asked(request) or known.answered(response)) and (request or response):
        other = _by_shape(request, response, path)
        return other if other.asked(request) or other.answered(response) else known
    return known


def _by_shape(request: Json, response: Json, path: str) -> Reader:
    if "embedding" in path or embeddings.is_embedding_answer(response):
        return _EMBEDDINGS
    if "contents" in request or "candidates" in response:
        return _GEMINI
    if "messages" in request:
        return _of_messages(request, response)
    if "input" in request or isinstance(response.get("output"), list):
        return _RESPONSES
    if "prompt" in request:
        is_picture = any("b64_json" in mapping(item) for item in sequence(response.get("data")))
        if is_picture:
            return _IMAGES
        return _OLLAMA if "done" in response else _COMPLETION
    if "choices" in response:
        return _CHAT
    if "message" in request and "chat_history" in request:
        return _COHERE
    return _MESSAGES if isinstance(response.get("content"), list) else _UNKNOWN


def _of_messages(request: Json, response: Json) -> Reader:
    if response.get("type") == "message":
        return _MESSAGES
    if isinstance(response.get("output"), dict) or "inferenceConfig" in request or "toolConfig" in request:
        return _BEDROCK
    if "done" in response:
        return _OLLAMA
    return _CHAT
