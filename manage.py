#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Run the command that sys.argv names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
    if sys.argv[1:2] == ["up"]:
        # Settings read secrets that `up` makes, and the supervisor needs neither settings nor apps.
        from helicone_site.management.commands.up import Command

        Command().run_from_argv(sys.argv)
        return

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
