"""uvicorn's HTTP protocol, which also keeps the letter case of property names.

ASGI wants header names in lower case, but a property is named by its header (`Helicone-Property-Environment`), and
people expect to find it as they wrote it.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_PREFIX = b"helicone-property-"


class CasePreservingProtocol(HttpToolsProtocol):
    """Lower-cases every header name but the end of `Helicone-Property-<Name>`."""

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if name[: len(_PREFIX)].lower() == _PREFIX:
            self.headers[-1] = (_PREFIX + name[len(_PREFIX) :], value)
