"""Programs for receivers, as the page and docs/webhooks.md show them, and as the tests run them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    """A program that tells our calls from others."""

    id: str
    language: str
    text: str


@cache
def samples() -> tuple[Sample, ...]:
    """Returns the programs, one for each language."""
    return (
        Sample("python", "Python", (_FOLDER / "verify_webhook.py").read_text()),
        Sample("node", "Node", (_FOLDER / "verify_webhook.mjs").read_text()),
    )
