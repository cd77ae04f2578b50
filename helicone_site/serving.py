"""How HTTP is served, by `manage.py web` and by `manage.py gateway`."""

import ctypes
import gc
import multiprocessing
import os
import signal
import sys

import uvicorn

from gateway_app.realtime_session import MAX_MESSAGE_BYTES
from helicone_site.drain import DRAIN_S
from helicone_site.http_protocol import Protocol

# Longer than clients keep idle connections: whoever closes first must not be the one who does not know what the
# other is about to send.
KEEP_ALIVE_S = 120
# How many objects more there must be before the garbage of reference cycles is looked for: at the interpreter's 700
# that takes a tenth of a gateway's time, most of it spent on Django, which stays.
GC_THRESHOLD = 20_000
# A process that is this long without an answer to its parent is taken for hung, and replaced.
HUNG_AFTER_S = 30
_PR_SET_PDEATHSIG = 1


def serve(application: str, *, workers: int = 1) -> None:
    """Serve the ASGI application named `module:attribute` on HOST:PORT until a signal ends it.

    Running answers have HELICONE_DRAIN_S then. More than one worker are processes of their own on the same port.
    """
    uvicorn.run(
        application,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8585")),
        workers=workers,
        timeout_worker_healthcheck=HUNG_AFTER_S,
        loop="uvloop",
        http=Protocol,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # messages are passed on, and not unpacked in between
        lifespan="on",
        access_log=False,
        log_config=None,  # settings.LOGGING
        # A provider's own Date and Server headers pass through; ours would stand beside them.
        date_header=False,
        server_header=False,
        proxy_headers=False,  # Django reads X-Forwarded-Proto itself, when told to
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )


def settle() -> None:
    """Call once all code is loaded, and in each process: what is there now stays, and is no garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 10, 10)
    parent = multiprocessing.parent_process()
    if parent is not None and sys.platform == "linux":
        # A parent that is killed would leave its workers behind, who hold the port.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent.pid:
            signal.raise_signal(signal.SIGTERM)
