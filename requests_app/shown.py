"""What of a request's bodies goes on a page: enough to read, never so much that the browser freezes."""

import base64
import binascii
from dataclasses import dataclass

from django.utils.safestring import SafeString

from requests_app import markdown
from requests_app.conversation import Conversation, Message, Part, PartKind
from requests_app.json_text import pretty

CUT_CHARACTERS = 20_000
LONG_CHARACTERS = 4_000
CUT_JSON_CHARACTERS = 200_000
PAIR_COLOURS = 8
# Larger pictures and sounds are fetched beside the page, which stays small.
INLINE_MEDIA_CHARACTERS = 100_000
_IMAGE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_AUDIO_TYPES = {
    "audio/mpeg",
    "audio/mp3",
    "audio/mp4",
    "audio/m4a",
    "audio/aac",
    "audio/wav",
    "audio/wave",
    "audio/x-wav",
    "audio/ogg",
    "audio/opus",
    "audio/flac",
    "audio/webm",
}


_CODE_KINDS = {PartKind.TOOL_CALL, PartKind.TOOL_RESULT, PartKind.JSON}
_PROSE_KINDS = {PartKind.TEXT, PartKind.REASONING, PartKind.REFUSAL, PartKind.SOURCES}


@dataclass(frozen=True, slots=True)
class ShownPart:
    """`key` names the part in "show all" links. `html` is set when the text is shown as Markdown, else `blocks`:
    pieces of plain text that the browser lays out one by one.
    """

    part: Part
    key: str
    blocks: list[str]
    html: SafeString | None
    characters: int
    is_cut: bool
    is_structured: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it scrolls in itself instead of pushing what follows out of sight."""
        return self.characters > LONG_CHARACTERS

    @property
    def pair(self) -> int:
        """Which of the colours a tool call shares with its result, 0 when it stands alone."""
        return 1 + (self.part.number - 1) % PAIR_COLOURS if self.part.partner else 0

    @property
    def is_code(self) -> bool:
        """Whether the text is code or data: of tools, and answers in JSON."""
        return self.part.kind in _CODE_KINDS or self.is_structured

    @property
    def media(self) -> str:
        """`image` or `audio` when the part can be shown or played here, else nothing."""
        media_type = _media_type(self.part.source)
        if self.part.kind is PartKind.IMAGE and media_type in _IMAGE_TYPES:
            return "image"
        return "audio" if self.part.kind is PartKind.AUDIO and media_type in _AUDIO_TYPES else ""

    @property
    def inline(self) -> str:
        """The data: URL of media small enough to stand in the page, else nothing: it is fetched then."""
        return self.part.source if len(self.part.source) <= INLINE_MEDIA_CHARACTERS else ""

    @property
    def link(self) -> str:
        """The address of an image or file on another host: linked, never loaded."""
        return self.part.source if markdown.is_web_address(self.part.source) else ""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    message: Message
    parts: list[ShownPart]


@dataclass(frozen=True, slots=True)
class ShownJson:
    """A body as text, indented when it is JSON; `is_cut` when the rest must be loaded."""

    text: str
    is_json: bool
    is_cut: bool


def shown_messages(conversation: Conversation, *, whole: str = "", plain: bool = False) -> list[ShownMessage]:
    """Returns the messages for the page. The part with the key `whole` is not cut; `plain` leaves Markdown alone."""
    return [
        ShownMessage(
            message,
            [
                shown_part(part, f"{message_index}-{part_index}", whole=whole, plain=plain)
                for part_index, part in enumerate(message.parts)
            ],
        )
        for message_index, message in enumerate(conversation.messages)
    ]


def find_part(conversation: Conversation, key: str) -> Part | None:
    """Returns the part that `key` names, None when there is none."""
    message_index, _, part_index = key.partition("-")
    try:
        return conversation.messages[int(message_index)].parts[int(part_index)]
    except (ValueError, IndexError):
        return None


def shown_part(part: Part, key: str, *, whole: str = "", plain: bool = False) -> ShownPart:
    characters = len(part.text)
    is_long = characters > CUT_CHARACTERS
    is_cut = is_long and key != whole
    text = part.text[:CUT_CHARACTERS] if is_cut else part.text
    structured = _structured(text) if part.kind is PartKind.TEXT and not plain and not is_long else None
    if structured is not None:
        return ShownPart(part, key, [structured], None, characters, False, is_structured=True)
    html = markdown.render(text) if part.kind in _PROSE_KINDS and not plain and not is_long else None
    return ShownPart(part, key, [] if html is not None else _blocks(text), html, characters, is_cut)


class NoMedia(Exception):
    """The part is no picture or sound that may be shown."""


def media_of(part: Part) -> tuple[str, bytes]:
    """Returns media type and bytes of a picture or sound. Raises NoMedia for all else, such as SVG, which may run."""
    media_type = _media_type(part.source)
    if media_type not in _IMAGE_TYPES | _AUDIO_TYPES:
        raise NoMedia(media_type)
    try:
        return media_type, base64.b64decode(part.source.partition(",")[2])
    except binascii.Error as error:
        raise NoMedia("no base64") from error


def shown_json(body: bytes) -> ShownJson:
    """Returns the beginning of `body`, or all of it when it is not too long for a page."""
    laid_out = pretty(body)
    text = laid_out if laid_out is not None else body.decode("utf-8", "replace")
    return ShownJson(text[:CUT_JSON_CHARACTERS], laid_out is not None, len(text) > CUT_JSON_CHARACTERS)


def _structured(text: str) -> str | None:
    """Returns an answer that is an object or array of JSON, laid out; None for any other text."""
    start, end = text[:1], text.rstrip()[-1:]
    return pretty(text.encode("utf-8", "replace")) if (start, end) in {("{", "}"), ("[", "]")} else None


def _media_type(source: str) -> str:
    head = source[:100].lower()
    return head.removeprefix("data:").partition(";")[0] if head.startswith("data:") else ""


def _blocks(text: str) -> list[str]:
    return [text[start : start + CUT_CHARACTERS] for start in range(0, len(text), CUT_CHARACTERS)] or [""]
