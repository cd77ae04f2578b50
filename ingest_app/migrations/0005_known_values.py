from pathlib import Path

from django.db import migrations

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    # The columns that it reads are the request table's.
    dependencies = [("ingest_app", "0004_search"), ("requests_app", "0006_spans")]
    operations = [run_file(SQL, "0005_known_values")]
