"""The scripts that Redis runs: each a whole step, whoever else asks at the same moment."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LUA = Path(__file__).parent / "lua"


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text, and the name under which Redis remembers it."""

    text: str
    sha: str


@cache
def script(name: str) -> Script:
    """Returns `lua/<name>.lua`."""
    text = (_LUA / f"{name}.lua").read_text()
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
