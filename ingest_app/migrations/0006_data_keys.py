from pathlib import Path

from django.db import migrations

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ingest_app", "0005_known_values")]
    operations = [run_file(SQL, "0006_data_keys")]
