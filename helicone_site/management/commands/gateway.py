"""`manage.py gateway`: the gateway alone, without pages and REST."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helicone_site.serving import serve


class Command(BaseCommand):
    help = "Serve the gateway alone on HOST:PORT, with as many processes as --workers says."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers", type=int, default=1, help="processes on the port; one uses one processor core"
        )

    def handle(self, *args: Any, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("--workers takes a number from 1 on")
        serve("helicone_site.gateway_asgi:application", workers=workers)
