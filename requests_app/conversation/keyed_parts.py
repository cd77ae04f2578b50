"""Content parts that say what they are by the name of their one field: Gemini's and Bedrock Converse's."""

from collections.abc import Callable
from typing import Any

from requests_app.conversation.model import Part, PartKind
from requests_app.conversation.reading import arguments, data_url, first, mapping, sequence, text, word

Content = Callable[[Any], list[Part]]


def keyed_parts(item: dict[str, Any], content: Content) -> list[Part] | None:
    """Returns the parts that `item` stands for, None when it is of neither form. `content` reads what is within."""
    for name, reader in _READERS.items():
        if name in item:
            return reader(item, content)
    return None


def _text(item: dict[str, Any], content: Content) -> list[Part]:
    words = text(item["text"])
    kind = PartKind.REASONING if item.get("thought") is True else PartKind.TEXT
    return [Part(kind, text=words)] if words else []


def _function_call(item: dict[str, Any], content: Content) -> list[Part]:
    call = mapping(first(item, "functionCall", "function_call"))
    return _tool_call(call, given="args", id="id")


def _function_response(item: dict[str, Any], content: Content) -> list[Part]:
    given = mapping(first(item, "functionResponse", "function_response"))
    return [
        Part(
            PartKind.TOOL_RESULT,
            text=arguments(given.get("response")),
            name=word(given.get("name")),
            id=word(given.get("id")),
            is_error="error" in mapping(given.get("response")),
        )
    ]


def _inline_data(item: dict[str, Any], content: Content) -> list[Part]:
    held = mapping(first(item, "inlineData", "inline_data"))
    media_type = word(first(held, "mimeType", "mime_type"))
    return [_by_type(media_type, media_type or "file", data_url(media_type, held.get("data")))]


def _file_data(item: dict[str, Any], content: Content) -> list[Part]:
    held = mapping(first(item, "fileData", "file_data"))
    address = word(first(held, "fileUri", "file_uri"))
    return [_by_type(word(first(held, "mimeType", "mime_type")), address or "file", address)]


def _by_type(media_type: str, name: str, source: str) -> Part:
    if media_type.startswith("image/"):
        return Part(PartKind.IMAGE, source=source)
    if media_type.startswith("audio/"):
        return Part(PartKind.AUDIO, source=source)
    return Part(PartKind.FILE, text=name, source=source)


def _executable_code(item: dict[str, Any], content: Content) -> list[Part]:
    held = mapping(first(item, "executableCode", "executable_code"))
    return [
        Part(PartKind.TOOL_CALL, text=text(held.get("code")), name="code_execution", id=word(held.get("id")))
    ]


def _code_result(item: dict[str, Any], content: Content) -> list[Part]:
    held = mapping(first(item, "codeExecutionResult", "code_execution_result"))
    failed = word(held.get("outcome")) not in {"", "OUTCOME_OK"}
    return [Part(PartKind.TOOL_RESULT, text(held.get("output")), "code_execution", is_error=failed)]


def _tool_use(item: dict[str, Any], content: Content) -> list[Part]:
    call = mapping(item["toolUse"])
    return _tool_call(call, given="input", id="toolUseId")


def _tool_call(call: dict[str, Any], *, given: str, id: str) -> list[Part]:
    """Returns the part of a call whose vendor keeps arguments and id under these keys."""
    return [
        Part(
            PartKind.TOOL_CALL,
            text=arguments(call.get(given)),
            name=word(call.get("name")),
            id=word(call.get(id)),
        )
    ]


def _tool_result(item: dict[str, Any], content: Content) -> list[Part]:
    result = mapping(item["toolResult"])
    words, media = [], []
    for piece in map(mapping, sequence(result.get("content"))):
        if "json" in piece:
            words.append(arguments(piece["json"]))
            continue
        for part in content(piece):
            if part.source:
                media.append(part)
            else:
                words.append(arguments(part.text))
    is_error = result.get("status") == "error"
    id = word(result.get("toolUseId"))
    return [Part(PartKind.TOOL_RESULT, "\n\n".join(words), id=id, is_error=is_error), *media]


def _reasoning(item: dict[str, Any], content: Content) -> list[Part]:
    held = mapping(item["reasoningContent"])
    words = text(mapping(held.get("reasoningText")).get("text"))
    if not words and "redactedContent" in held:
        words = "(encrypted by the provider)"
    return [Part(PartKind.REASONING, text=words)] if words else []


def _image(item: dict[str, Any], content: Content) -> list[Part]:
    return [_converse_file(item["image"], PartKind.IMAGE, "image")]


def _audio(item: dict[str, Any], content: Content) -> list[Part]:
    return [_converse_file(item["audio"], PartKind.AUDIO, "audio")]


def _document(item: dict[str, Any], content: Content) -> list[Part]:
    return [_converse_file(item["document"], PartKind.FILE, "application")]


def _video(item: dict[str, Any], content: Content) -> list[Part]:
    return [_converse_file(item["video"], PartKind.FILE, "video")]


def _converse_file(value: Any, kind: PartKind, family: str) -> Part:
    held = mapping(value)
    source = mapping(held.get("source"))
    form = word(held.get("format"))
    address = word(mapping(source.get("s3Location")).get("uri"))
    shown = data_url(f"{family}/{form}", source.get("bytes")) or address
    name = word(held.get("name")) or form
    return Part(kind, text=name if kind is PartKind.FILE else "", source=shown)


def _guarded(item: dict[str, Any], content: Content) -> list[Part]:
    return content(mapping(mapping(item["guardContent"]).get("text")) or mapping(item["guardContent"]))


def _nothing(item: dict[str, Any], content: Content) -> list[Part]:
    return []


_READERS: dict[str, Callable[[dict[str, Any], Content], list[Part]]] = {
    "functionCall": _function_call,
    "function_call": _function_call,
    "functionResponse": _function_response,
    "function_response": _function_response,
    "inlineData": _inline_data,
    "inline_data": _inline_data,
    "fileData": _file_data,
    "file_data": _file_data,
    "executableCode": _executable_code,
    "executable_code": _executable_code,
    "codeExecutionResult": _code_result,
    "code_execution_result": _code_result,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _reasoning,
    "image": _image,
    "audio": _audio,
    "document": _document,
    "video": _video,
    "guardContent": _guarded,
    "cachePoint": _nothing,
    "text": _text,
    "thoughtSignature": _nothing,
}
