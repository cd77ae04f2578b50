"""Embeddings: many inputs and vectors, of which the numbers matter less than how many there are."""

import binascii
from typing import Any

from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts
from requests_app.conversation.reading import first, mapping, sequence, text

Json = dict[str, Any]

SHOWN_INPUTS = 20
BYTES_PER_DIMENSION = 4  # base64 answers hold 32-bit floats


def is_embedding_answer(response: Json) -> bool:
    data = sequence(response.get("data"))
    return bool(data) and "embedding" in mapping(data[0])


def input_messages(request: Json) -> list[Message]:
    """Returns one message: the number of inputs, then the first of them."""
    inputs = _inputs(request)
    if not inputs:
        return []
    parts = [Part(PartKind.TEXT, text=f"{len(inputs):,} input{'' if len(inputs) == 1 else 's'}")]
    for item in inputs[:SHOWN_INPUTS]:
        if isinstance(item, list) and all(isinstance(token, int) for token in item):
            parts.append(Part(PartKind.TEXT, text=f"({len(item):,} token ids)"))
        else:
            parts += content_parts(item)
    if len(inputs) > SHOWN_INPUTS:
        parts.append(Part(PartKind.TEXT, text=f"… and {len(inputs) - SHOWN_INPUTS:,} more"))
    return [Message("input", parts)]


def answer_messages(response: Json) -> list[Message]:
    """Returns one message that tells how many vectors came back, and of which size; nothing when none did."""
    vectors = _vectors(response)
    if not vectors:
        return []
    dimensions = _dimensions(vectors[0])
    size = f" of {dimensions:,} dimensions" if dimensions else ""
    words = f"{len(vectors):,} vector{'' if len(vectors) == 1 else 's'}{size}"
    return [Message("embedding", [Part(PartKind.TEXT, text=words)], is_answer=True)]


def _inputs(request: Json) -> list[Any]:
    """Returns what OpenAI and Ollama call input, Cohere texts, Vertex instances, and Gemini content."""
    given = first(request, "input", "texts", "inputs", "images", "prompt")
    if given is None and "content" in request:
        return [mapping(request["content"]).get("parts")]
    if given is None and "requests" in request:
        contents = [mapping(mapping(item).get("content")) for item in sequence(request["requests"])]
        return [content.get("parts") for content in contents]
    if given is None:
        given = [text(mapping(item).get("content")) for item in sequence(request.get("instances"))]
    inputs = given if isinstance(given, list) else [given]
    # One input, already cut into tokens.
    return [inputs] if inputs and all(isinstance(item, int) for item in inputs) else inputs


def _vectors(response: Json) -> list[Any]:
    data = [mapping(item) for item in sequence(response.get("data"))]
    if data:
        return [item.get("embedding") for item in data]
    held = first(response, "embeddings", "embedding", "predictions")
    if isinstance(held, dict) and "values" in held:
        return [held["values"]]
    if isinstance(held, dict):  # Cohere: by the type of its numbers
        held = next((value for value in held.values() if isinstance(value, list)), [])
    if isinstance(held, list) and held and isinstance(held[0], int | float):
        return [held]
    return [_values(item) for item in sequence(held)]


def _values(item: Any) -> Any:
    held = mapping(item)
    return mapping(held.get("embeddings")).get("values") or held.get("values") or item


def _dimensions(embedding: Any) -> int:
    if isinstance(embedding, str):
        try:
            return len(binascii.a2b_base64(embedding)) // BYTES_PER_DIMENSION
        except ValueError:
            return 0
    return len(sequence(embedding))
