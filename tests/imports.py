"""Running `manage.py import` in tests, and what it has brought in."""

import itertools
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command

from requests_app.models import Request

CASES = Path(__file__).parent / "import_cases"
_numbers = itertools.count()


class Ran(NamedTuple):
    """What a run has said, and its exit code."""

    output: str
    code: int
    error: str = ""


def run_import(
    source: str, *files: object, organization: Any, state: Path | None = None, **options: Any
) -> Ran:
    """Runs it to its end for a tenant; every run goes from the beginning unless it is given its `state`."""
    output = StringIO()
    if state is None:
        options["state"] = f"/nonexistent/{next(_numbers)}" if options.get("dry_run") else None
    else:
        options["state"] = str(state)
    try:
        call_command(
            "import",
            source,
            *map(str, files),
            organization=organization.organization.slug,
            stdout=output,
            quiet=True,
            **{name: value for name, value in options.items() if value is not None},
        )
    except CommandError as error:
        return Ran(output.getvalue(), error.returncode, str(error))
    return Ran(output.getvalue(), 0)


def rows_of(organization: Any) -> list[Request]:
    """Returns what the organization has, oldest first."""
    return list(Request.objects.filter(organization_id=organization.id).order_by("created_at", "id"))


def by_request_id(organization: Any) -> dict[str, Request]:
    """Returns the same by the ids that they had before."""
    return {row.request_id: row for row in rows_of(organization)}
