"""Texts of which one is taken at a time, written so that they can be read."""


def lines(text: str) -> tuple[str, ...]:
    """Returns the lines of `text`: one alternative each."""
    return tuple(text.strip().splitlines())


def passages(text: str) -> tuple[str, ...]:
    """Returns the parts of `text` between lines of `%%`: alternatives of several lines each."""
    return tuple(part.strip() for part in text.split("\n%%\n"))
