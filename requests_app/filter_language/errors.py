"""What is wrong with a filter, and where."""


class FilterError(Exception):
    """A filter that cannot be read. `str()` of it is a sentence or two that say where and why.

    `position` counts the characters of the text form before the fault; `path` leads to it in the JSON form;
    `offending` is the piece that could not be read.
    """

    def __init__(
        self, message: str, *, position: int | None = None, path: str = "", offending: str = ""
    ) -> None:
        self.message = message
        self.position = position
        self.path = path
        self.offending = offending
        super().__init__(self._sentence())

    def at(self, *, position: int | None = None, path: str = "", offending: str = "") -> "FilterError":
        """Returns the same error with its place."""
        return FilterError(self.message, position=position, path=path, offending=offending)

    def _sentence(self) -> str:
        shown = self.offending if len(self.offending) <= 60 else self.offending[:59] + "…"
        if self.path:
            return f"At {self.path}: {self.message}"
        if self.position is not None:
            return (
                f"At character {self.position + 1}, {shown}: {self.message}"
                if shown
                else (f"At character {self.position + 1}: {self.message}")
            )
        return self.message
