"""`manage.py up`: the whole product in one command, until Ctrl-C."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from helicone_site.datadir import DataDirError, data_dir, open_data_dir
from helicone_site.supervisor.run import require_free_port, run
from helicone_site.supervisor.services import StartError


class Command(BaseCommand):
    """Exits with status 0 after SIGINT or SIGTERM, 1 with one line on stderr if it cannot start."""

    help = "Run everything: embedded PostgreSQL and Valkey unless given, web, worker and beat."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Settings are not read here: they need secrets that the first start makes."""
        host = os.environ.get("HOST") or "127.0.0.1"
        # The processes run elsewhere, and so must not resolve a relative path once more.
        os.environ["HELICONE_DATA_DIR"] = str(data_dir())
        os.environ["PYTHONUNBUFFERED"] = "1"
        try:
            port = _port()
            require_free_port(host, port)
            open_data_dir()
            run(host=host, port=port)
        except (DataDirError, StartError) as error:
            sys.stdout.flush()
            self.stderr.write(f"helicone: {error}")
            sys.exit(1)


def _port() -> int:
    given = os.environ.get("PORT") or "8585"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise StartError(f"PORT is not a port number: {given}")
    return int(given)
