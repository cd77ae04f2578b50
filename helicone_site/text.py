"""Text from anywhere, made fit for PostgreSQL."""

_NUL = "\x00"


def storable(text: str, max_characters: int | None = None) -> str:
    """Returns `text` as PostgreSQL can store it: NUL and lone surrogates become U+FFFD; cut to the given length."""
    if max_characters is not None:
        text = text[:max_characters]
    if _NUL in text:
        text = text.replace(_NUL, "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
