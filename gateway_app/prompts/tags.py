"""The tags of stored prompts: `{{hc:name:type}}` for inputs, `{{hcp:id:index[:environment]}}` for others' messages."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_NAME = r"[a-zA-Z_-][a-zA-Z0-9_-]*"
_VARIABLE = re.compile(rf"\{{\{{\s*hc\s*:\s*({_NAME})\s*:\s*({_NAME})\s*\}}\}}")
_PARTIAL = re.compile(
    rf"\{{\{{\s*hcp\s*:\s*([a-zA-Z0-9]{{6}})\s*:\s*([0-9]{{1,9}})\s*(?::\s*({_NAME})\s*)?\}}\}}"
)
# What JavaScript makes a number of: Helicone's own SDKs take these texts for numbers.
_NUMBER = re.compile(
    r"\s*(?:[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)?\s*"
)
_BOOLEANS = frozenset(("true", "false", "yes", "no"))
_LARGEST_WRITTEN_OUT = 1e21  # JavaScript writes larger numbers with an exponent

Inputs = Mapping[str, Any]


class Partial(NamedTuple):
    """A tag that stands for a message of another prompt."""

    prompt_id: str
    position: int  # among the messages, from 0
    environment: str  # "" for production


class Misfit(NamedTuple):
    """An input that is not what its tag says."""

    variable: str
    expected: str
    value: Any

    def __str__(self) -> str:
        got = "it is missing" if self.value is None else f"got {written(self.value)!r}"
        return f"Variable {self.variable!r} must be of type {self.expected!r}, but {got}."


def partials_in(text: str) -> Iterator[Partial]:
    """Yields the partials that `text` names, in their order."""
    for tag in _PARTIAL.finditer(text):
        yield _partial(tag)


def with_partials(text: str, texts: Mapping[Partial, str]) -> str:
    """Returns `text` with the texts of its partials, those that are not in `texts` as they stand."""
    return _PARTIAL.sub(lambda tag: texts.get(_partial(tag), tag[0]), text)


def filled_text(text: str, inputs: Inputs, misfits: list[Misfit]) -> str:
    """Returns `text` with the inputs in it. A tag without an input stays; one that does not fit goes to `misfits`."""

    def fill(tag: re.Match[str]) -> str:
        value = inputs.get(tag[1])
        if value is None:
            return tag[0]
        if not fits(value, tag[2]):
            misfits.append(Misfit(tag[1], tag[2], value))
        return written(value)

    return _VARIABLE.sub(fill, text)


def filled_json(value: Any, inputs: Inputs, misfits: list[Misfit]) -> Any:
    """Returns a JSON value with the inputs in its keys and strings, where each must be there and fit.

    A string that is nothing but a tag becomes the input itself, whatever that is; such a key takes a string only.
    """
    match value:
        case str():
            return _filled_value(value, inputs, misfits)
        case list():
            return [filled_json(item, inputs, misfits) for item in value]
        case dict():
            return {
                _filled_key(key, inputs, misfits): filled_json(inner, inputs, misfits)
                for key, inner in value.items()
            }
    return value


def fits(value: Any, type_name: str) -> bool:
    """Returns whether an input is of a tag's type. Types other than `number` and `boolean` take anything."""
    match type_name:
        case "number":
            return isinstance(value, int | float) or (
                isinstance(value, str) and _NUMBER.fullmatch(value) is not None
            )
        case "boolean":
            return isinstance(value, bool) or (isinstance(value, str) and value.lower() in _BOOLEANS)
    return True


def written(value: Any) -> str:
    """Returns an input as text, as JavaScript writes it; objects as JSON."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < _LARGEST_WRITTEN_OUT:
            return str(int(value))
        case list():
            return ",".join("" if item is None else written(item) for item in value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _partial(tag: re.Match[str]) -> Partial:
    return Partial(tag[1], int(tag[2]), tag[3] or "")


def _filled_value(text: str, inputs: Inputs, misfits: list[Misfit]) -> Any:
    whole = _VARIABLE.fullmatch(text)
    if whole is None:
        return _all_filled(text, inputs, misfits)
    value = inputs.get(whole[1])
    if value is None or not fits(value, whole[2]):
        misfits.append(Misfit(whole[1], whole[2], value))
    return value


def _filled_key(key: str, inputs: Inputs, misfits: list[Misfit]) -> str:
    whole = _VARIABLE.fullmatch(key)
    value = inputs.get(whole[1]) if whole else None
    if whole and value is not None and not isinstance(value, str):
        misfits.append(Misfit(whole[1], "string", value))
        return key
    return _all_filled(key, inputs, misfits)


def _all_filled(text: str, inputs: Inputs, misfits: list[Misfit]) -> str:
    misfits += [
        Misfit(tag[1], tag[2], None) for tag in _VARIABLE.finditer(text) if inputs.get(tag[1]) is None
    ]
    return filled_text(text, inputs, misfits)
