"""`python -m tests.fake_provider --port N` (0: any free one; the address is printed)."""

import argparse
import asyncio
import os
import socket
import sys

import uvicorn

from tests.fake_provider.app import FakeProvider


async def serve(port: int, *, leave_with_stdin: bool) -> None:
    """Serve on 127.0.0.1 until stopped by a signal; with `leave_with_stdin`, also when stdin ends."""
    config = uvicorn.Config(
        FakeProvider(), log_level="warning", lifespan="off", server_header=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", port))
    # Text in a fixed form, for the process that waits for it.
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()

    def stdin_is_readable() -> None:
        if not os.read(0, 1024):
            server.should_exit = True
            asyncio.get_running_loop().remove_reader(0)

    if leave_with_stdin:
        asyncio.get_running_loop().add_reader(0, stdin_is_readable)
    await server.serve(sockets=[listener])


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_provider", description=serve.__doc__)
    parser.add_argument("--port", type=int, default=9911)
    parser.add_argument(
        "--leave-with-stdin", action="store_true", help="stop when the standard input is closed"
    )
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, leave_with_stdin=arguments.leave_with_stdin))


main()
