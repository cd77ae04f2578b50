"""What of a request's bodies goes on a page: enough to read, never so much that the browser freezes."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from requests_app import markdown
from requests_app.conversation import Conversation, Message, Part, PartKind
from requests_app.json_text import pretty

CUT_CHARACTERS = 20_000
LONG_CHARACTERS = 4_000
CUT_JSON_CHARACTERS = 200_000
_IMAGES = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")


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

    @property
    def is_long(self) -> bool:
        """Whether it scrolls in itself instead of pushing what follows out of sight."""
        return self.characters > LONG_CHARACTERS

    @property
    def image(self) -> str:
        """The data: URL of an image that may be shown, else nothing."""
        is_image = self.part.kind == PartKind.IMAGE and self.part.source.lower().startswith(_IMAGES)
        return self.part.source if is_image else ""

    @property
    def audio(self) -> str:
        """The data: URL of audio, else nothing."""
        is_audio = self.part.kind == PartKind.AUDIO and self.part.source.startswith("data:audio/")
        return self.part.source if is_audio else ""

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
    is_prose = part.kind in {PartKind.TEXT, PartKind.REASONING, PartKind.REFUSAL}
    html = markdown.render(text) if is_prose and not plain and not is_long else None
    return ShownPart(part, key, [] if html is not None else _blocks(text), html, characters, is_cut)


def shown_json(body: bytes) -> ShownJson:
    """Returns the beginning of `body`, or all of it when it is not too long for a page."""
    laid_out = pretty(body)
    text = laid_out if laid_out is not None else body.decode("utf-8", "replace")
    return ShownJson(text[:CUT_JSON_CHARACTERS], laid_out is not None, len(text) > CUT_JSON_CHARACTERS)


def _blocks(text: str) -> list[str]:
    return [text[start : start + CUT_CHARACTERS] for start in range(0, len(text), CUT_CHARACTERS)] or [""]
