from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        run_file(SQL, "0001_request"),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "created_at",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("id", models.UUIDField()),
                ("request_id", models.TextField()),
                ("api_key_id", models.BigIntegerField(null=True)),
                ("provider", models.TextField()),
                ("model", models.TextField()),
                ("request_model", models.TextField()),
                ("response_model", models.TextField()),
                ("path", models.TextField()),
                ("target_url", models.TextField()),
                ("status", models.SmallIntegerField()),
                ("error", models.TextField()),
                ("is_stream", models.BooleanField()),
                ("latency_ms", models.IntegerField()),
                ("time_to_first_token_ms", models.IntegerField(null=True)),
                ("prompt_tokens", models.IntegerField(null=True)),
                ("completion_tokens", models.IntegerField(null=True)),
                ("cache_read_tokens", models.IntegerField(null=True)),
                ("cache_write_tokens", models.IntegerField(null=True)),
                ("cache_write_1h_tokens", models.IntegerField(null=True)),
                ("reasoning_tokens", models.IntegerField(null=True)),
                ("prompt_audio_tokens", models.IntegerField(null=True)),
                ("completion_audio_tokens", models.IntegerField(null=True)),
                ("cost_nanodollars", models.BigIntegerField(null=True)),
                ("price_id", models.BigIntegerField(null=True)),
                ("user_id", models.TextField()),
                ("session_id", models.TextField()),
                ("session_path", models.TextField()),
                ("session_name", models.TextField()),
                ("properties", models.JSONField()),
                ("request_bytes", models.IntegerField()),
                ("response_bytes", models.IntegerField()),
            ],
            options={
                "db_table": "request",
                "managed": False,
            },
        ),
    ]
