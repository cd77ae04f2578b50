from pathlib import Path

from django.db import migrations

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ("ingest_app", "0009_prompt_inputs"),
    ]

    operations = [run_file(SQL, "0010_new_rows")]
