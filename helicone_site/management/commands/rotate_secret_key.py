"""`manage.py rotate_secret_key`: what was encrypted under an earlier HELICONE_SECRET_KEY goes under the present one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts_app.actions import rewrap_provider_keys
from alerts_app.notices.actions import rewrap_channels
from alerts_app.webhooks.actions import rewrap_signing_keys
from datasets_app.actions import rewrap_edits
from ingest_app.data_keys import give_up_keys, rewrap_keys
from ingest_app.search.queue import requeue


class Command(BaseCommand):
    """Exits with status 1 while something is under a key that it was not given."""

    help = (
        "After HELICONE_SECRET_KEY was changed: wrap all data keys under the new one, and encrypt provider keys,"
        " signing keys of webhooks and edited rows of datasets anew. The earlier one is that of --from, or of"
        " HELICONE_PREVIOUS_SECRET_KEY. Bodies and their index need no change."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="previous", metavar="KEY", help="the earlier HELICONE_SECRET_KEY")
        parser.add_argument(
            "--lost",
            action="store_true",
            help="the earlier key is lost: go on with new data keys, and index all bodies that can be read again."
            " Bodies that were encrypted cannot be read then.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        previous = [options["previous"]] if options["previous"] else []
        data_keys, lost = rewrap_keys(previous)
        provider_keys, unreadable = rewrap_provider_keys(previous)
        self.stdout.write(
            f"{data_keys - len(lost):,} of {data_keys:,} data keys and {provider_keys - unreadable:,}"
            f" of {provider_keys:,} provider keys are under HELICONE_SECRET_KEY now"
        )
        if unreadable:
            self.stdout.write("Enter the other provider keys again, on the Providers page.")
        for what, rewrapped in (
            ("signing keys of webhooks", rewrap_signing_keys(previous)),
            ("settings of channels", rewrap_channels(previous)),
            ("edited rows of datasets", rewrap_edits(previous)),
        ):
            if rewrapped.unreadable:
                self.stdout.write(f"{rewrapped.unreadable:,} of {rewrapped.all:,} {what} cannot be read.")
            unreadable += rewrapped.unreadable
        if options["lost"]:
            organizations = give_up_keys(lost)
            bodies = sum(map(requeue, sorted(organizations)))
            self.stdout.write(
                f"{len(organizations):,} organizations get new data keys; {bodies:,} bodies wait to be indexed"
            )
        elif lost or unreadable:
            raise CommandError("some keys are under another HELICONE_SECRET_KEY: give it with --from")
