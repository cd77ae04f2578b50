"""Spans that frameworks sent over OpenTelemetry: their messages are attributes, under many names.

OpenTelemetry's own conventions (`gen_ai.input.messages`, and the older indexed `gen_ai.prompt.0.role` of Traceloop),
OpenInference (`llm.input_messages`), the Vercel AI SDK (`ai.prompt.messages`), pydantic-ai and Logfire
(`all_messages_events`), and what any of them calls input and output.
"""

from typing import Any

from requests_app.conversation.chat import message_list
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, tool_call
from requests_app.conversation.reading import first, mapping, sequence, text, unwrapped, word

Json = dict[str, Any]

_PREFIXES = (
    "gen_ai.",
    "llm.",
    "ai.prompt",
    "ai.response",
    "traceloop.entity.",
    "openinference.",
    "pydantic_ai.",
    "langfuse.observation.",
)
_OTHER_NAMES = {"all_messages_events", "input.value", "output.value"}
_INPUTS = ("gen_ai.input.messages", "llm.input_messages", "gen_ai.prompt", "ai.prompt.messages")
_OUTPUTS = ("gen_ai.output.messages", "llm.output_messages", "gen_ai.completion")
_CONTENT_EVENTS = {
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
    "gen_ai.client.inference.operation.details",
}
_CHOICE_EVENT = "gen_ai.choice"
_EVENT_MEMBERS = {"message", "tool_calls", "content"}
_HISTORIES = ("pydantic_ai.all_messages", "all_messages_events", "events")
_RAW_INPUTS = (
    "ai.prompt",
    "input.value",
    "traceloop.entity.input",
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "langfuse.observation.input",
    "request_data",
    "gen_ai.prompt",
)
_RAW_OUTPUTS = (
    "output.value",
    "traceloop.entity.output",
    "gen_ai.tool.call.result",
    "ai.toolCall.result",
    "langfuse.observation.output",
    "response_data",
    "gen_ai.completion",
)


def attributes_of(body: Json) -> Json:
    """Returns the attributes of a span in `body`, empty when it holds none that tell of a model."""
    attributes = plain_attributes(body.get("attributes", body))
    if "attributes" in body:
        attributes = {**_told_in_events(body.get("events")), **attributes}
    is_span = any(name.startswith(_PREFIXES) or name in _OTHER_NAMES for name in attributes)
    return nested(attributes) if is_span else {}


def _told_in_events(events: Any) -> Json:
    """Returns what OpenTelemetry's older conventions tell in events of the span, as its newer attributes."""
    found: Json = {}
    for event in map(mapping, sequence(events)):
        name, held = word(event.get("name")), plain_attributes(event.get("attributes"))
        if name in _CONTENT_EVENTS:
            found.update(held)
        elif name == _CHOICE_EVENT:
            found.setdefault("gen_ai.output.messages", []).append(_message_event(name, held))
        elif name.startswith("gen_ai.") and name.endswith(".message"):
            found.setdefault("gen_ai.input.messages", []).append(_message_event(name, held))
    return found


def _message_event(name: str, held: Json) -> Json:
    """Returns the event of one message, whose members may be JSON in text as attributes of a span are."""
    plain = {member: unwrapped(value) for member, value in held.items() if member in _EVENT_MEMBERS}
    message = plain.get("message")
    if message is not None and not isinstance(message, dict):  # the content alone
        return {"role": "assistant", "content": message, "finish_reason": held.get("finish_reason")}
    return {"event.name": name, **held, **plain}


def plain_attributes(held: Any) -> Json:
    """Returns attributes by their names, also those in OTLP's list of keys and values."""
    if isinstance(held, list):
        return {word(mapping(pair).get("key")): _plain(mapping(pair).get("value")) for pair in held}
    return mapping(held)


def span_messages(attributes: Json) -> list[Message]:
    """Returns what the model was given, then what it answered."""
    system = content_parts(unwrapped(attributes.get("gen_ai.system_instructions")))
    messages = [Message("system", system)] if system else []
    asked = message_list(first(attributes, *_INPUTS))
    history = [] if asked else message_list(first(attributes, *_HISTORIES))
    messages += asked or history or _raw(attributes, _RAW_INPUTS, "user")
    answered = message_list(first(attributes, *_OUTPUTS)) or _vercel_answer(attributes)
    if not answered and not history:
        answered = _raw(attributes, _RAW_OUTPUTS, "assistant")
    if not answered and history and history[-1].role == "assistant":
        history[-1].is_answer = True
    for message in answered:
        message.is_answer = True
    return messages + answered


def _vercel_answer(attributes: Json) -> list[Message]:
    parts = []
    if attributes.get("ai.response.reasoning"):
        parts.append(Part(PartKind.REASONING, text=text(attributes["ai.response.reasoning"])))
    parts += content_parts(first(attributes, "ai.response.text", "ai.response.object"))
    for call in map(mapping, sequence(unwrapped(attributes.get("ai.response.toolCalls")))):
        given = first(call, "input", "args")
        parts.append(tool_call(name=call.get("toolName"), id=call.get("toolCallId"), given=given))
    return [Message("assistant", parts)] if parts else []


def _raw(attributes: Json, names: tuple[str, ...], role: str) -> list[Message]:
    """Returns the messages within an attribute that holds a whole request or answer, or its text."""
    value = unwrapped(first(attributes, *names))
    held = mapping(value)
    nested = mapping(held.get("inputs")) or mapping(held.get("outputs")) or held
    found = first(nested, "messages", "prompt", "input", "chat_history")
    if isinstance(found, list):
        messages = message_list(found)
        system = content_parts(nested.get("system"))
        return [Message("system", system), *messages] if system else messages
    generations = generation_messages(nested)
    if generations:
        return generations
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return message_list(value)
    words = found if isinstance(found, str) else value
    parts = content_parts(words if isinstance(words, str) else text(words))
    return [Message(role, parts)] if parts else []


def generation_messages(response: Json) -> list[Message]:
    """Returns the answers in LangChain's result of a model: `generations`, one list for each prompt."""
    messages = []
    batches = sequence(response.get("generations"))
    for item in (item for batch in batches for item in (batch if isinstance(batch, list) else [batch])):
        generation = mapping(item)
        if isinstance(generation.get("message"), dict):
            messages += message_list([generation["message"]])
        elif generation.get("text"):
            messages.append(Message("assistant", content_parts(generation["text"])))
    for message in messages:
        message.is_answer = True
    return messages


def nested(attributes: Json) -> Json:
    """Returns the attributes with those that have a number in their name put together as lists.

    `llm.input_messages.0.message.role` becomes `{"llm.input_messages": [{"message": {"role": …}}]}`.
    """
    found: Json = {}
    lists: dict[str, Json] = {}
    for name, value in attributes.items():
        steps = name.split(".")
        number = next((at for at, step in enumerate(steps) if step.isdecimal()), None)
        if number is None:
            found[name] = value
        else:
            _put(lists.setdefault(".".join(steps[:number]), {}), steps[number:], value)
    return {**found, **{name: _listed(tree) for name, tree in lists.items()}}


def _put(tree: Json, steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[steps[-1]] = value


def _listed(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(name.isdecimal() and len(name) < 7 for name in tree):
        return [_listed(value) for _, value in sorted(tree.items(), key=lambda pair: int(pair[0]))]
    return {name: _listed(value) for name, value in tree.items()}


def _plain(value: Any) -> Any:
    """Returns the value in OTLP's `{"stringValue": …}`."""
    held = mapping(value)
    if "arrayValue" in held:
        return [_plain(item) for item in sequence(mapping(held["arrayValue"]).get("values"))]
    return next(iter(held.values()), None) if held else value
