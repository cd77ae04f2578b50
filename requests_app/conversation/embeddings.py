"""Embeddings: many inputs and vectors, of which the numbers matter less than how many there are."""

import binascii
from typing import Any

from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.reading import mapping, sequence, text

SHOWN_INPUTS = 20
BYTES_PER_DIMENSION = 4  # base64 answers hold 32-bit floats


def is_embedding_answer(response: dict[str, Any]) -> bool:
    data = sequence(response.get("data"))
    return bool(data) and "embedding" in mapping(data[0])


def input_messages(request: dict[str, Any]) -> list[Message]:
    """Returns one message: the number of inputs, then the first of them."""
    given = request.get("input")
    inputs = given if isinstance(given, list) else [given]
    if inputs and all(isinstance(item, int) for item in inputs):
        inputs = [inputs]  # one input, already cut into tokens
    parts = [Part(PartKind.TEXT, text=f"{len(inputs):,} input{'' if len(inputs) == 1 else 's'}")]
    for item in inputs[:SHOWN_INPUTS]:
        words = f"({len(item):,} token ids)" if isinstance(item, list) else text(item)
        parts.append(Part(PartKind.TEXT, text=words))
    if len(inputs) > SHOWN_INPUTS:
        parts.append(Part(PartKind.TEXT, text=f"… and {len(inputs) - SHOWN_INPUTS:,} more"))
    return [Message("input", parts)]


def answer_message(response: dict[str, Any]) -> Message:
    """Returns one message that tells how many vectors came back, and of which size."""
    data = sequence(response.get("data"))
    dimensions = _dimensions(mapping(data[0]).get("embedding"))
    size = f" of {dimensions:,} dimensions" if dimensions else ""
    words = f"{len(data):,} vector{'' if len(data) == 1 else 's'}{size}"
    return Message("embedding", [Part(PartKind.TEXT, text=words)], is_answer=True)


def _dimensions(embedding: Any) -> int:
    if isinstance(embedding, str):
        try:
            return len(binascii.a2b_base64(embedding)) // BYTES_PER_DIMENSION
        except ValueError:
            return 0
    return len(sequence(embedding))
