"""Where an import goes on after it was broken off: a small file, written after what came before it is committed."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

VERSION = 1
_FINGERPRINT_BYTES = 1 << 16


class Busy(Exception):
    """Another import of the same is at work."""


class State:
    """The state file of one import."""

    def __init__(self, path: Path, identity: str) -> None:
        self.path = path
        self._identity = identity

    def load(self) -> dict[str, Any] | None:
        """Returns what was kept last, None when nothing was, or of another input."""
        try:
            kept = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None
        if not isinstance(kept, dict) or kept.get("identity") != [VERSION, self._identity]:
            return None
        return kept

    def save(self, kept: dict[str, Any]) -> None:
        """Keep what `load` is to return; a crash leaves the last one whole. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.new")
        with draft.open("w") as file:
            json.dump({"identity": [VERSION, self._identity], **kept}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def forget(self) -> None:
        """There is nothing to go on with any more."""
        with suppress(OSError):
            self.path.unlink()


def identity_of(source: str, organization_id: int, inputs: Sequence[str]) -> str:
    """Returns what tells imports apart: what comes from where to whom. Files are known by how they begin."""
    digest = hashlib.sha256(f"{source}\0{organization_id}".encode())
    for named in inputs:
        digest.update(b"\0" + named.encode("utf-8", "surrogateescape"))
        path = Path(named)
        if path.is_file():
            with path.open("rb") as file:
                digest.update(file.read(_FINGERPRINT_BYTES))
    return digest.hexdigest()[:32]
