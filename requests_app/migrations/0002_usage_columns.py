from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0001_initial")]
    operations = [
        run_file(SQL, "0002_usage_columns"),
        # Of an unmanaged model: state only.
        migrations.AddField("Request", "cache_read_audio_tokens", models.IntegerField(null=True)),
        migrations.AddField("Request", "cache_read_image_tokens", models.IntegerField(null=True)),
        migrations.AddField("Request", "prompt_image_tokens", models.IntegerField(null=True)),
        migrations.AddField("Request", "completion_image_tokens", models.IntegerField(null=True)),
        migrations.AddField("Request", "prompt_audio_seconds", models.IntegerField(null=True)),
        migrations.AddField("Request", "usage_is_estimated", models.BooleanField(default=False), preserve_default=False),
        migrations.AddField("Request", "request_is_cut", models.BooleanField(default=False), preserve_default=False),
        migrations.AddField("Request", "response_is_cut", models.BooleanField(default=False), preserve_default=False),
        migrations.AddField("Request", "referrer", models.TextField(default=""), preserve_default=False),
    ]
