from pathlib import Path

from django.db import migrations

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ("ingest_app", "0008_price_overrides"),
    ]

    operations = [
        run_file(SQL, "0009_prompt_inputs"),
    ]
