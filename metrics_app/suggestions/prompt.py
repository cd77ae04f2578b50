"""A prompt in the pieces that a provider's prompt cache goes by, as the bytes that were sent."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from requests_app.conversation.offered import offered_tools
from requests_app.conversation.reading import mapping, sequence

# In the order in which providers put a prompt together: tools, then the system prompt, then what was said
# (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, "How prompt caching works").
_TOOLS = ("tools", "functions", "toolConfig")
_SYSTEM = ("system", "systemInstruction", "system_instruction", "instructions")
_SAID = ("messages", "input", "contents", "prompt")
_FIELDS = (*_TOOLS, *_SYSTEM, *_SAID)
_EMPTY = (b"null", b"[]", b'""')

# Pictures, sound and files, in any dialect.
_media = re.compile(
    rb'"(?:image_url|input_image|inlineData|inline_data|fileData|file_data|input_audio|input_file)"\s*:'
    rb'|"type"\s*:\s*"(?:image|image_url|input_image|input_audio|input_file|file|document|audio)"'
)

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


class Piece(NamedTuple):
    """A message, a block of the system prompt, or all tools. `is_said` is false of tools."""

    raw: bytes
    is_said: bool


class Prompt(NamedTuple):
    """The pieces in their order; none where the body is no JSON object of a dialect that is known."""

    pieces: list[Piece]
    tools: bytes  # as they were sent; empty when there were none
    size_bytes: int  # of all pieces

    @property
    def has_media(self) -> bool:
        """Returns whether there is more in it than text."""
        return any(piece.is_said and _media.search(piece.raw) for piece in self.pieces)


class OfferedTool(NamedTuple):
    """A tool that a request defines, and the length of its definition."""

    name: str
    size_bytes: int


def read_prompt(body: bytes) -> Prompt:
    """Returns the prompt in a request's body. Never raises."""
    try:
        fields = _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Prompt([], b"", 0)
    given = {name: raw for name in _FIELDS if name in fields and (raw := bytes(fields[name])) not in _EMPTY}
    tools = [given[name] for name in _TOOLS if name in given]
    pieces = [Piece(raw, False) for raw in tools]
    for name in (*_SYSTEM, *_SAID):
        if name in given:
            pieces += [Piece(raw, True) for raw in _parts(given[name])]
    return Prompt(pieces, tools[0] if tools else b"", sum(len(piece.raw) for piece in pieces))


@lru_cache(maxsize=64)  # an agent sends the same with each of its requests
def read_tools(raw: bytes) -> tuple[OfferedTool, ...]:
    """Returns the tools that `Prompt.tools` defines. Those that the provider runs itself have no definition."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    items = sequence(value) or sequence(mapping(value).get("tools"))
    return tuple(tool for item in items for tool in _defined(item))


def _defined(item: Any) -> list[OfferedTool]:
    offered = offered_tools({"tools": [item]})
    tools = [tool for tool in offered if tool.description or '"properties"' in tool.schema]
    lengths = [len(tool.name) + len(tool.description) + len(tool.schema) for tool in tools]
    size = len(msgspec.json.encode(item))
    # Gemini has all functions in one item.
    return [
        OfferedTool(tool.name, size * length // sum(lengths))
        for tool, length in zip(tools, lengths, strict=True)
    ]


_HEAD_BYTES = 400  # a first message this short may be all about who asks and when
# What differs from request to request in a longer one: ids, numbers, and words of dates.
_varying = re.compile(
    rb"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"
    rb"|\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b"
    rb"|[0-9]+"
    rb"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    rb"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)


def without_varying_head(prompt: Prompt) -> list[bytes]:
    """Returns the pieces, the first message as far as it is the same from request to request: empty if it is short."""
    pieces = [piece.raw for piece in prompt.pieces]
    head = next((n for n, piece in enumerate(prompt.pieces) if piece.is_said), None)
    if head is not None:
        pieces[head] = b"" if len(pieces[head]) <= _HEAD_BYTES else _varying.sub(b"", pieces[head])
    return pieces


def _parts(raw: bytes) -> list[bytes]:
    if not raw.startswith(b"["):
        return [raw]
    try:
        return [bytes(item) for item in _items.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [raw]
