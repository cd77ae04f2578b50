"""The state file: how far an export has come, so that it can go on after a break."""

import os
from pathlib import Path
from typing import Any

import msgspec

from helicone_export.errors import UsageError

STATE_FILE = ".helicone-export-state.json"
_VERSION = 1


class Position(msgspec.Struct, frozen=True):
    """All requests from `before_ms` on are done; of those in the millisecond before it, the `seen` are."""

    before_ms: int
    seen: list[str] = []


class State(msgspec.Struct):
    """What is safely in the output, and what the export was asked for."""

    asked: dict[str, Any]
    position: Position
    rows: int = 0
    bodies_missing: int = 0
    size: int = 0  # of the output: bytes, or parts of a Parquet file
    version: int = _VERSION

    def save(self, path: Path) -> None:
        """Replace the file at once: a crash leaves the old one or the new one. Raises OSError."""
        new = path.with_name(f"{path.name}.new")
        with new.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self)))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def load_state(path: Path, *, tolerant: bool = False) -> State | None:
    """Returns the state of an unfinished export; None where there is none.

    Raises UsageError about a file that can't be read, unless `tolerant`.
    """
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        if tolerant:
            return None
        # Helicone's own tool keeps its state under the same name.
        raise UsageError(f"{path} is not of this tool: --clean-state removes it") from None
    if state.version != _VERSION and not tolerant:
        raise UsageError(f"{path} is of another version of this tool: --clean-state starts anew")
    return state
