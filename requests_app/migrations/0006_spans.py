from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0005_saved_views")]
    operations = [
        run_file(SQL, "0006_spans"),
        # Of an unmanaged model: state only.
        *(
            migrations.AddField("Request", name, models.TextField(default=""), preserve_default=False)
            for name in ("kind", "span_name", "trace_id", "span_id", "parent_span_id")
        ),
    ]
