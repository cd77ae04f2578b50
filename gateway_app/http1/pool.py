"""The open connections to one origin."""

from gateway_app.http1.connection import Connection


class Pool:
    """The connections to one origin: all that are open, and which of them are idle."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []

    @property
    def is_empty(self) -> bool:
        """Returns whether no connection is open."""
        return not self._open

    def take(self) -> Connection | None:
        """Returns the idle connection that was used last, or None."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    def opened(self, connection: Connection) -> None:
        """Know of a new connection, which its first call takes at once."""
        self._open.add(connection)

    def free(self, connection: Connection) -> None:
        """Keep `connection` for the next call."""
        self._idle.append(connection)

    def closed(self, connection: Connection) -> None:
        """Forget `connection`."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Close all connections at once."""
        for connection in tuple(self._open):
            connection.close()
