"""Session ids in addresses. Clients choose them: they have slashes, dots, emoji, and up to 500 characters."""

import re

# A slash would be taken for the end of the id, also when it is percent-encoded; browsers take dots for folders.
_ESCAPED = {"/": "~S", ".": "~D", "~": "~~"}
_MEANT = {"S": "/", "D": ".", "~": "~"}
# What stands in the place of an id in other addresses.
RESERVED = ("compare", "names", "rows", "suggest", "count")


class SessionIdConverter:
    """`<session_id:session_id>` in a URL pattern: any id as one part of a path."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Returns the id that `to_url` was given. Raises ValueError for what it never makes."""
        if value.replace("~~", "").endswith("~"):
            raise ValueError("nothing follows the ~")
        return re.sub(r"~(.)", lambda found: _MEANT.get(found[1], found[1]), value, flags=re.DOTALL)

    def to_url(self, value: str) -> str:
        """Returns the id as it stands in a path, before percent-encoding."""
        if value in RESERVED:
            return f"~{value}"
        only_dots = not value.strip(".")
        return re.sub(r"[/~.]" if only_dots else r"[/~]", lambda found: _ESCAPED[found[0]], value)
