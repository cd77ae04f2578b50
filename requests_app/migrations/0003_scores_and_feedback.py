from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [('requests_app', '0002_usage_columns')]
    operations = [
        run_file(SQL, "0003_scores_and_feedback"),
        # Of an unmanaged model: state only.
        migrations.AddField("Request", "feedback", models.SmallIntegerField(null=True)),
        migrations.AddField("Request", "scores", models.JSONField(default=dict), preserve_default=False),
    ]
