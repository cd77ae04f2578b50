"""`manage.py web`: the web process (pages, REST and gateway on one port)."""

import os
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand

from helicone_site.http_protocol import CasePreservingProtocol

# How long running streams may go on after SIGTERM.
DRAIN_S = 30


class Command(BaseCommand):
    help = "Serve pages, REST and the gateway on HOST:PORT."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            "helicone_site.asgi:application",
            host=os.environ.get("HOST", "127.0.0.1"),
            port=int(os.environ.get("PORT", "8585")),
            loop="uvloop",
            http=CasePreservingProtocol,
            lifespan="on",
            access_log=False,
            log_config=None,  # settings.LOGGING
            # A provider's own Date and Server headers pass through; ours would stand beside them.
            date_header=False,
            server_header=False,
            proxy_headers=False,  # Django reads X-Forwarded-Proto itself, when told to
            timeout_graceful_shutdown=DRAIN_S,
            h11_max_incomplete_event_size=1 << 16,
        )
