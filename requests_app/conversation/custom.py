"""What Helicone's manual logger sends that is no call of a model: tools, look-ups in a vector database, data."""

from typing import Any

from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, tool_call, tool_result
from requests_app.conversation.reading import first, text, word

Json = dict[str, Any]


def is_custom(request: Json) -> bool:
    """Returns whether `request` is one of the manual logger's own kinds."""
    return word(request.get("_type")) in {"tool", "vector_db", "data"}


def custom_messages(request: Json, response: Json) -> list[Message]:
    """Returns what was asked, and what came back."""
    answer = {name: value for name, value in response.items() if name != "_type"}
    shown = {name: value for name, value in request.items() if name not in {"_type", "toolName", "name"}}
    name = word(first(request, "toolName", "name", "operation")) or word(request.get("_type"))
    if request["_type"] == "data":
        asked = [Message("data", [Part(PartKind.JSON, text=text(shown), name=name)])]
        return asked + ([Message("result", content_parts(text(answer)), is_answer=True)] if answer else [])
    given = request.get("input", shown) if request["_type"] == "tool" else shown
    messages = [Message("call", [tool_call(name=name, id="", given=given)])]
    if answer:
        messages.append(
            Message("result", [tool_result(id="", name=name, content=text(answer))], is_answer=True)
        )
    return messages
