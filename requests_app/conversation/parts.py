"""Content parts of messages. The dialects' type names do not clash, so one reader takes them all."""

from collections.abc import Callable
from typing import Any

from requests_app.conversation.model import Part, PartKind
from requests_app.conversation.reading import arguments, mapping, sequence, text, word


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


def _parts_of(item: Any) -> list[Part]:
    if isinstance(item, str):
        return [Part(PartKind.TEXT, text=item)]
    if isinstance(item, dict):
        reader = _READERS.get(word(item.get("type")))
        if reader is not None:
            return reader(item)
        if "type" not in item and isinstance(item.get("text"), str):
            return [Part(PartKind.TEXT, text=item["text"])]
        return [Part(PartKind.JSON, text=text(item), name=word(item.get("type")))]
    return [Part(PartKind.JSON, text=text(item))]


def _text(item: dict[str, Any]) -> list[Part]:
    words = text(item.get("text"))
    return [Part(PartKind.TEXT, text=words)] if words else []


def _refusal(item: dict[str, Any]) -> list[Part]:
    return [Part(PartKind.REFUSAL, text=text(item.get("refusal")))]


def _reasoning(item: dict[str, Any]) -> list[Part]:
    words = item.get("thinking") or item.get("text")
    if not words and "data" in item:
        return [Part(PartKind.REASONING, text="(encrypted by the provider)")]
    return [Part(PartKind.REASONING, text=text(words))] if words else []


def _image(item: dict[str, Any]) -> list[Part]:
    url = item.get("image_url")
    source = word(mapping(url).get("url")) or word(url) or _source(item.get("source"))
    return [Part(PartKind.IMAGE, text=word(item.get("file_id")), source=source)]


def _audio(item: dict[str, Any]) -> list[Part]:
    audio = mapping(item.get("input_audio") or item.get("audio"))
    data = word(audio.get("data"))
    kind = word(audio.get("format")) or "wav"
    source = f"data:audio/{kind};base64,{data}" if data else ""
    said = text(audio.get("transcript") or item.get("transcript"))  # realtime has it beside the audio
    return [Part(PartKind.AUDIO, text=said, id=word(audio.get("id")), source=source)]


def _file(item: dict[str, Any]) -> list[Part]:
    file = mapping(item.get("file")) or item
    name = word(file.get("filename")) or word(file.get("title")) or word(file.get("file_id")) or "file"
    source = word(file.get("file_data")) or word(file.get("file_url")) or _source(file.get("source"))
    return [Part(PartKind.FILE, text=name, source=source)]


def _source(value: Any) -> str:
    """Returns the URL in Anthropic's `source` object."""
    source = mapping(value)
    if word(source.get("type")) == "base64":
        return f"data:{word(source.get('media_type'))};base64,{word(source.get('data'))}"
    return word(source.get("url"))


def _tool_use(item: dict[str, Any]) -> list[Part]:
    return [tool_call(name=item.get("name"), id=item.get("id"), given=item.get("input"))]


def _tool_result(item: dict[str, Any]) -> list[Part]:
    is_error = item.get("is_error") is True
    return [tool_result(id=item.get("tool_use_id"), content=item.get("content"), is_error=is_error)]


def output_parts(items: Any) -> list[Part]:
    """Returns the parts of a list of plain texts or `{"text": …}` objects, such as a reasoning summary."""
    return [part for item in sequence(items) for part in _reasoning(mapping(item))]


_READERS: dict[str, Callable[[dict[str, Any]], list[Part]]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _refusal,
    "thinking": _reasoning,
    "redacted_thinking": _reasoning,
    "reasoning": _reasoning,
    "reasoning_text": _reasoning,
    "summary_text": _reasoning,
    "image": _image,
    "image_url": _image,
    "input_image": _image,
    "audio": _audio,
    "input_audio": _audio,
    "output_audio": _audio,
    "file": _file,
    "input_file": _file,
    "document": _file,
    "tool_use": _tool_use,
    "server_tool_use": _tool_use,
    "mcp_tool_use": _tool_use,
    "tool_result": _tool_result,
    "web_search_tool_result": _tool_result,
    "web_fetch_tool_result": _tool_result,
    "code_execution_tool_result": _tool_result,
    "mcp_tool_result": _tool_result,
}
