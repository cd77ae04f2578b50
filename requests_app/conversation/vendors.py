"""Gemini, Bedrock Converse, Cohere and Ollama: what is not like OpenAI's or Anthropic's."""

from typing import Any

from requests_app.conversation.chat import message, message_list, request_messages
from requests_app.conversation.frameworks import plain_message
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, sources_part, tool_call
from requests_app.conversation.reading import data_url, first, mapping, sequence, text, word
from requests_app.conversation.stops import stop_note

Json = dict[str, Any]


def gemini_request(request: Json) -> list[Message]:
    """Returns the system instruction and the contents."""
    system = first(request, "systemInstruction", "system_instruction")
    parts = content_parts(mapping(system).get("parts") or system)
    messages = [Message("system", parts)] if parts else []
    contents = request.get("contents")
    if isinstance(contents, str):
        return [*messages, Message("user", content_parts(contents))]
    listed = [contents] if isinstance(contents, dict) else sequence(contents)
    return messages + [_gemini_content(entry) for entry in listed]


def gemini_answer(response: Json) -> list[Message]:
    """Returns one message per candidate, or why the prompt was refused."""
    candidates = [mapping(candidate) for candidate in sequence(response.get("candidates"))]
    messages = []
    for position, candidate in enumerate(candidates):
        answer = _gemini_content(candidate.get("content"), "model")
        answer.is_answer = True
        answer.choice = position if len(candidates) > 1 else None
        answer.note = stop_note(candidate.get("finishReason"))
        answer.parts += sources_part(_grounding(mapping(candidate.get("groundingMetadata"))))
        messages.append(answer)
    blocked = word(mapping(response.get("promptFeedback")).get("blockReason"))
    if blocked:
        refusal = Part(PartKind.REFUSAL, text=f"The prompt was blocked: {blocked.lower().replace('_', ' ')}")
        messages.append(Message("model", [refusal], is_answer=True))
    return messages


def _gemini_content(entry: Any, role: str = "user") -> Message:
    if isinstance(entry, str):
        return Message(role, content_parts(entry))
    content = mapping(entry)
    return Message(word(content.get("role")) or role, content_parts(content.get("parts")))


def _grounding(metadata: Json) -> list[tuple[str, str]]:
    pages = [mapping(mapping(chunk).get("web")) for chunk in sequence(metadata.get("groundingChunks"))]
    return [(word(page.get("title")), word(page.get("uri"))) for page in pages]


def bedrock_answer(response: Json) -> list[Message]:
    """Returns the answer of Converse."""
    answer = message(mapping(mapping(response.get("output")).get("message")), "assistant")
    answer.is_answer = True
    answer.note = stop_note(response.get("stopReason"))
    return [answer] if answer.parts or answer.note else []


def cohere_request(request: Json) -> list[Message]:
    """Returns the messages of v2, or preamble, history and message of v1."""
    if "messages" in request:
        return request_messages(request)
    preamble = content_parts(request.get("preamble"))
    messages = [Message("system", preamble)] if preamble else []
    messages += message_list(request.get("chat_history"))
    asked = content_parts(request.get("message"))
    return [*messages, Message("user", asked)] if asked else messages


def cohere_answer(response: Json) -> list[Message]:
    """Returns the answer of v2 (`message`) or v1 (`text`)."""
    if isinstance(response.get("message"), dict):
        answer = message(next(iter(plain_message(response["message"])), {}), "assistant")
    else:
        answer = Message("assistant", content_parts(response.get("text")))
        for call in map(mapping, sequence(response.get("tool_calls"))):
            answer.parts.append(tool_call(name=call.get("name"), id="", given=call.get("parameters")))
    answer.is_answer = True
    answer.note = stop_note(response.get("finish_reason"))
    return [answer] if answer.parts or answer.note else []


def ollama_request(request: Json) -> list[Message]:
    """Returns the messages of `/api/chat`, or system and prompt of `/api/generate`."""
    if "messages" in request:
        return request_messages(request)
    system = content_parts(request.get("system"))
    parts = content_parts(text(request.get("prompt")))
    for image in sequence(request.get("images")):
        parts.append(Part(PartKind.IMAGE, source=data_url("image/png", image)))
    return [*([Message("system", system)] if system else []), *([Message("prompt", parts)] if parts else [])]


def ollama_answer(response: Json) -> list[Message]:
    """Returns the answer of either."""
    if isinstance(response.get("message"), dict):
        answer = message(response["message"], "assistant")
    else:
        spoken = {"content": response.get("response"), "thinking": response.get("thinking")}
        answer = message(spoken, "assistant")
    answer.is_answer = True
    answer.note = stop_note(response.get("done_reason"))
    return [answer] if answer.parts or answer.note else []
