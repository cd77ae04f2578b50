"""What is said in a request and its answer, in no provider's dialect yet."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]


class ToolCall(NamedTuple):
    """A call that the model asks for; `arguments` is JSON."""

    id: str
    name: str
    arguments: str


class Message(NamedTuple):
    """One message; `call_id` says which call a tool's message answers, `image` is a data URL."""

    role: str  # user, assistant or tool
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    image: str = ""


class Tool(NamedTuple):
    """A tool that the model may call."""

    name: str
    description: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: messages, or inputs to embed."""

    system: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    schema_name: str = ""  # structured output, when given
    schema: Json = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


class Step(NamedTuple):
    """One request of a piece of work; `pause_s` is how long after the answer before it was sent."""

    ask: Ask
    reply: Reply
    path: str = ""
    pause_s: float = 0.0


class Work(NamedTuple):
    """What somebody does with a model: one request, or a session of several with a name."""

    feature: str
    steps: list[Step]
    session_name: str = ""


class Tokens(NamedTuple):
    """What an answer reports: all input, all output, and parts of the two."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0
