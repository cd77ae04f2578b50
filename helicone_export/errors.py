"""What ends an export before its time."""


class ExportError(Exception):
    """The export can't go on. `str()` of it is for the person who started it."""


class UsageError(ExportError):
    """What was asked for makes no sense; nothing has been done."""
