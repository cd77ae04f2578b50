"""Content parts of messages. The dialects' type names do not clash, so one reader takes them all."""

from collections.abc import Callable
from typing import Any

from requests_app.conversation.keyed_parts import keyed_parts
from requests_app.conversation.model import Part, PartKind
from requests_app.conversation.reading import arguments, data_url, first, mapping, sequence, text, word


def content_parts(content: Any) -> list[Part]:
    """Returns the parts of a message's `content`: a string, a list of parts, one part, or anything else."""
    if content is None or content == "" or content == []:
        return []
    if isinstance(content, list):
        return [part for item in content for part in _parts_of(item)]
    return _parts_of(content)


def tool_call(*, name: Any, id: Any, given: Any) -> Part:
    return Part(PartKind.TOOL_CALL, text=arguments(given), name=word(name), id=word(id))


def tool_result(*, id: Any, content: Any, name: Any = "", is_error: bool = False) -> Part:
    """Returns the result as one part: its texts joined, or pretty JSON when it is not only text."""
    parts = content_parts(content)
    if all(part.kind == PartKind.TEXT for part in parts):
        shown = arguments("\n\n".join(part.text for part in parts))
    else:
        shown = text(content)
    return Part(PartKind.TOOL_RESULT, text=shown, id=word(id), name=word(name), is_error=is_error)


def result_parts(*, id: Any, content: Any, name: Any = "", is_error: bool = False) -> list[Part]:
    """Returns the result, and after it the pictures and sounds in it, which text cannot show."""
    parts = content_parts(content)
    media = [part for part in parts if part.source and part.kind in {PartKind.IMAGE, PartKind.AUDIO}]
    if not media:
        return [tool_result(id=id, content=content, name=name, is_error=is_error)]
    rest = "\n\n".join(part.text for part in parts if part not in media and part.text)
    return [Part(PartKind.TOOL_RESULT, rest, word(name), word(id), is_error=is_error), *media]


def sources_part(citations: list[tuple[str, str]]) -> list[Part]:
    """Returns the (title, address) pairs that an answer cites as one part, each once; nothing when there are none."""
    listed = dict.fromkeys(f"- {title or address} <{address}>" for title, address in citations if address)
    return [Part(PartKind.SOURCES, text="\n".join(listed))] if listed else []


def output_parts(items: Any) -> list[Part]:
    """Returns the parts of a list of plain texts or `{"text": …}` objects, such as a reasoning summary."""
    return [part for item in sequence(items) for part in _reasoning(mapping(item))]


def _parts_of(item: Any) -> list[Part]:
    if isinstance(item, str):
        return [Part(PartKind.TEXT, text=item)]
    if isinstance(item, dict):
        kind = word(first(item, "type", "block_type", "part_kind"))
        reader = _READERS.get(kind)
        if reader is not None:
            return reader(item)
        if kind.startswith("tool-") and "toolCallId" in item:  # messages of the AI SDK's chat pages
            return _ui_tool(item)
        found = None if kind else keyed_parts(item, content_parts)
        return [Part(PartKind.JSON, text=text(item), name=kind)] if found is None else found
    return [Part(PartKind.JSON, text=text(item))]


def _text(item: dict[str, Any]) -> list[Part]:
    words = text(first(item, "text", "content"))
    cited = [
        (word(citation.get("title")), word(citation.get("url")))
        for citation in map(mapping, sequence(item.get("annotations")) + sequence(item.get("citations")))
    ]
    return ([Part(PartKind.TEXT, text=words)] if words else []) + sources_part(cited)


def _refusal(item: dict[str, Any]) -> list[Part]:
    return [Part(PartKind.REFUSAL, text=text(item.get("refusal")))]


def _reasoning(item: dict[str, Any]) -> list[Part]:
    words = first(item, "thinking", "text", "content")
    if isinstance(words, list):  # Mistral's: texts within
        words = "\n\n".join(part.text for part in content_parts(words))
    if not words and ("data" in item or "signature" in item):
        return [Part(PartKind.REASONING, text="(encrypted by the provider)")]
    return [Part(PartKind.REASONING, text=text(words))] if words else []


def _image(item: dict[str, Any]) -> list[Part]:
    url = item.get("image_url")
    media_type = word(first(item, "mediaType", "mimeType", "image_mimetype", "mime_type")) or "image/png"
    source = (
        word(mapping(url).get("url"))
        or word(url)
        or _source(item.get("source"), media_type)
        or data_url(media_type, first(item, "image", "url", "data", "base64"))
    )
    return [Part(PartKind.IMAGE, text=word(item.get("file_id")), source=source)]


def _audio(item: dict[str, Any]) -> list[Part]:
    audio = mapping(first(item, "input_audio", "audio")) or item
    kind = word(audio.get("format")) or "wav"
    source = data_url(f"audio/{kind}", audio.get("data") or (item.get("audio") if audio is item else None))
    said = text(audio.get("transcript") or item.get("transcript"))  # realtime has it beside the audio
    return [Part(PartKind.AUDIO, text=said, id=word(audio.get("id")), source=source)]


def _file(item: dict[str, Any]) -> list[Part]:
    file = mapping(item.get("file")) or item
    media_type = word(first(file, "mediaType", "mimeType", "mime_type", "media_type"))
    named = mapping(file.get("source")).get("file_id")
    name = word(first(file, "filename", "title", "name", "file_id")) or word(named) or media_type or "file"
    given = first(file, "file_data", "file_url", "data", "url", "content", "uri")
    source = _source(file.get("source"), media_type) or data_url(media_type, given)
    held = mapping(file.get("source"))
    words = _inner_text(held)
    if words:
        return [Part(PartKind.FILE, text=name), Part(PartKind.TEXT, text=words)]
    return [_media(media_type, name, source)]


def _inner_text(source: dict[str, Any]) -> str:
    """Returns the text that an Anthropic document holds itself."""
    if source.get("type") == "text":
        return word(source.get("data"))
    if source.get("type") == "content":
        return "\n\n".join(part.text for part in content_parts(source.get("content")))
    return ""


def _media(media_type: str, name: str, source: str) -> Part:
    """Returns a file as what it is by its type: a picture, a sound, or only a file."""
    if media_type.startswith("image/"):
        return Part(PartKind.IMAGE, source=source)
    if media_type.startswith("audio/"):
        return Part(PartKind.AUDIO, source=source)
    return Part(PartKind.FILE, text=name, source=source)


def _source(value: Any, media_type: str) -> str:
    """Returns the URL in Anthropic's `source` object."""
    source = mapping(value)
    if word(source.get("type")) == "base64":
        return data_url(word(source.get("media_type")) or media_type, source.get("data"))
    return word(source.get("url"))


def _search_result(item: dict[str, Any]) -> list[Part]:
    words = "\n\n".join(part.text for part in content_parts(item.get("content")))
    name = word(item.get("title")) or word(item.get("source"))
    return [Part(PartKind.FILE, text=name), Part(PartKind.TEXT, text=words)]


def _tool_use(item: dict[str, Any]) -> list[Part]:
    return [tool_call(name=item.get("name"), id=item.get("id"), given=item.get("input"))]


def _tool_result(item: dict[str, Any]) -> list[Part]:
    is_error = item.get("is_error") is True or "error_code" in mapping(item.get("content"))
    return result_parts(id=item.get("tool_use_id"), content=item.get("content"), is_error=is_error)


def _framework_call(item: dict[str, Any]) -> list[Part]:
    """The AI SDK's `tool-call`, pydantic-ai's and LlamaIndex's, and OpenTelemetry's `tool_call`."""
    function = mapping(item.get("function")) or item
    return [
        tool_call(
            name=first(function, "toolName", "tool_name", "name"),
            id=first(item, "toolCallId", "tool_call_id", "id"),
            given=first(function, "input", "args", "arguments", "tool_kwargs"),
        )
    ]


def _framework_result(item: dict[str, Any]) -> list[Part]:
    given = first(item, "output", "result", "response", "content")
    told = mapping(given)
    is_error = item.get("isError") is True or word(told.get("type")).startswith("error")
    if "value" in told and word(told.get("type")):  # AI SDK 5: {"type": "json", "value": …}
        given = told["value"]
    return result_parts(
        id=first(item, "toolCallId", "tool_call_id", "id"),
        name=first(item, "toolName", "tool_name", "name"),
        content=given if not isinstance(given, dict) else arguments(given),
        is_error=is_error,
    )


def _ui_tool(item: dict[str, Any]) -> list[Part]:
    name = word(item.get("toolName")) or word(item.get("type")).removeprefix("tool-")
    parts = [tool_call(name=name, id=item.get("toolCallId"), given=item.get("input"))]
    result = first(item, "output", "errorText")
    if result is not None:
        is_error = "errorText" in item
        parts += result_parts(id=item.get("toolCallId"), name=name, content=result, is_error=is_error)
    return parts


def _retry(item: dict[str, Any]) -> list[Part]:
    """pydantic-ai's word to the model that its tool call, or its answer, was not right."""
    if item.get("tool_name"):
        name, id = item.get("tool_name"), item.get("tool_call_id")
        return [tool_result(id=id, name=name, content=item.get("content"), is_error=True)]
    return _text(item)


def _nothing(item: dict[str, Any]) -> list[Part]:
    return []


_READERS: dict[str, Callable[[dict[str, Any]], list[Part]]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "system-prompt": _text,
    "user-prompt": lambda item: content_parts(item.get("content")),
    "refusal": _refusal,
    "thinking": _reasoning,
    "redacted_thinking": _reasoning,
    "reasoning": _reasoning,
    "redacted-reasoning": _reasoning,
    "reasoning_text": _reasoning,
    "summary_text": _reasoning,
    "image": _image,
    "image_url": _image,
    "image-url": _image,
    "input_image": _image,
    "computer_screenshot": _image,
    "audio": _audio,
    "input_audio": _audio,
    "output_audio": _audio,
    "file": _file,
    "input_file": _file,
    "document": _file,
    "document-url": _file,
    "blob": _file,
    "binary": _file,
    "uri": _file,
    "media": _file,
    "search_result": _search_result,
    "tool_use": _tool_use,
    "server_tool_use": _tool_use,
    "mcp_tool_use": _tool_use,
    "tool_result": _tool_result,
    "web_search_tool_result": _tool_result,
    "web_fetch_tool_result": _tool_result,
    "code_execution_tool_result": _tool_result,
    "bash_code_execution_tool_result": _tool_result,
    "text_editor_code_execution_tool_result": _tool_result,
    "mcp_tool_result": _tool_result,
    "tool_call": _framework_call,
    "tool-call": _framework_call,
    "builtin-tool-call": _framework_call,
    "tool_call_response": _framework_result,
    "tool-result": _framework_result,
    "tool-return": _framework_result,
    "builtin-tool-return": _framework_result,
    "retry-prompt": _retry,
    "step-start": _nothing,
    "cache": _nothing,
}
