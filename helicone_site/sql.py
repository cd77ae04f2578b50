"""SQL kept in files beside the code that runs it."""

from functools import cache
from pathlib import Path

from django.db import migrations


@cache
def load(directory: Path, name: str) -> str:
    """Returns the text of `<directory>/<name>.sql`."""
    return (directory / f"{name}.sql").read_text()


def run_file(directory: Path, name: str) -> migrations.RunSQL:
    """Returns the migration operation that runs `<name>.sql`, and `<name>.down.sql` to undo it."""
    return migrations.RunSQL(load(directory, name), load(directory, f"{name}.down"))
