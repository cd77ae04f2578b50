"""Words, tokens and JSON that depend on nothing but what is asked: every run says the same."""

import hashlib
import json
import re
from typing import Any

# Several scripts, so that a write cut at any byte cuts through characters as well.
_TEXT = (
    "The small gateway passes naïve bytes along — 東京 answers «quickly», price 3€, résumé "
    "kept; emoji 🦊 survive and the Ωmega event arrives whole."
)
_WORDS = _TEXT.split()
_TOKEN = re.compile(r"\s?\w+|\s?[^\w\s]|\s+")


def sentence(words: int, *, seed: int = 0) -> str:
    """Returns `words` words of text; another `seed` begins elsewhere."""
    return " ".join(_WORDS[(seed * 7 + n) % len(_WORDS)] for n in range(words))


def words_of(text: str) -> list[str]:
    """Returns `text` cut before each space: what a stream of it sends, one piece an event."""
    return re.findall(r"\s?\S+|\s+", text)


def tokens_of(text: str) -> list[str]:
    """Returns `text` cut into words and signs; joined they are `text` again."""
    return _TOKEN.findall(text)


def count_tokens(value: object) -> int:
    """Returns the tokens of a string, or of anything else written as JSON; none for None."""
    if value is None:
        return 0
    return len(tokens_of(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))


def identifier(prefix: str, *parts: object) -> str:
    """Returns an id in the vendors' manner, the same for the same parts."""
    return prefix + hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def example(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Returns a value that satisfies `schema` (the part of JSON Schema that the vendors accept)."""
    root = root or schema
    if "$ref" in schema:
        target: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return example(target, root)
    for choice in ("anyOf", "allOf", "oneOf"):
        if choice in schema:
            return example(schema[choice][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example(part, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {"type": "string"}), root) for _ in range(2)]
    return {"string": "Zürich", "integer": 3, "number": 21.5, "boolean": True, "null": None}[kind]
