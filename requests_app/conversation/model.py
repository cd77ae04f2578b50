"""What a conversation is made of, whichever provider's dialect it was spoken in."""

from dataclasses import dataclass, field
from enum import StrEnum

from requests_app.conversation.step import Step


class Kind(StrEnum):
    CHAT = "chat"
    MESSAGES = "messages"
    RESPONSES = "responses"
    COMPLETION = "completion"
    GEMINI = "gemini"
    BEDROCK = "bedrock"
    COHERE = "cohere"
    OLLAMA = "ollama"
    REALTIME = "realtime"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    MODERATION = "moderation"
    TELEMETRY = "telemetry"
    CUSTOM = "custom"
    UNKNOWN = "unknown"


class PartKind(StrEnum):
    TEXT = "text"
    REASONING = "reasoning"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"
    REFUSAL = "refusal"
    ERROR = "error"
    SOURCES = "sources"
    JSON = "json"


@dataclass(slots=True)
class Part:
    """One piece of a message.

    `text` is what is shown: words, pretty JSON of a tool call's arguments, a file's name. `name` and `id` are
    those of the tool (a result finds its call by `id`). `source` is the address or data: URL of an image,
    audio or file, and empty when the log holds only a reference. `number` counts the tool calls of a conversation,
    a result has its call's; `partner` is where the other of the two is, as "message-part".
    """

    kind: PartKind
    text: str = ""
    name: str = ""
    id: str = ""
    source: str = ""
    is_error: bool = False
    number: int = 0
    partner: str = ""


@dataclass(slots=True)
class Message:
    """`is_answer`: it came back from the model. `choice`: its index when several answers were asked for.

    `note` says why the model stopped, when that is worth a word.
    """

    role: str
    parts: list[Part]
    is_answer: bool = False
    choice: int | None = None
    note: str = ""


@dataclass(slots=True)
class Tool:
    """A tool that the request offered to the model; `schema` is pretty JSON."""

    name: str
    description: str
    schema: str


@dataclass(slots=True)
class Conversation:
    messages: list[Message] = field(default_factory=list)
    kind: str = Kind.UNKNOWN
    tools: list[Tool] = field(default_factory=list)
    step: Step | None = None  # what it was, where it was no call of a model
