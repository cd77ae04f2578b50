from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0006_spans"), ("ingest_app", "0005_known_values")]
    operations = [
        run_file(SQL, "0007_value_indexes"),
        # Of an unmanaged model: state only.
        migrations.AddField("Request", "total_tokens", models.BigIntegerField(null=True, editable=False)),
    ]
