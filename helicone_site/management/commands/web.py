"""`manage.py web`: the web process (pages, REST and gateway on one port)."""

from typing import Any

from django.core.management.base import BaseCommand

from helicone_site.serving import serve


class Command(BaseCommand):
    help = "Serve pages, REST and the gateway on HOST:PORT."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        serve("helicone_site.asgi:application")
