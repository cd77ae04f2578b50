"""SQL files and the code that runs them belong together."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

PROJECT = Path(__file__).resolve().parent.parent
SQL_FILES = [path for path in PROJECT.glob("*_app/sql/*.sql") if not path.name.endswith(".down.sql")]


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_every_sql_file_is_run_in_exactly_one_place(path: Path) -> None:
    app = path.parent.parent
    run = re.compile(rf'(?:run_file|load)\(\w+, "{re.escape(path.stem)}"\)')
    named = re.compile(rf'"{re.escape(path.stem)}"')
    uses = [
        source
        for source in app.rglob("*.py")
        if (run if path.stem[0].isdigit() else named).search(source.read_text())
    ]
    assert len(uses) == 1


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_every_migration_can_go_back(path: Path) -> None:
    assert not path.stem[0].isdigit() or path.with_name(f"{path.stem}.down.sql").exists()


def test_models_and_migrations_agree(stack: object) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
