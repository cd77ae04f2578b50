from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("requests_app", "0006_spans")]
    operations = [
        run_file(SQL, "0001_session"),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "session_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("session_id", models.TextField()),
                ("key", models.UUIDField()),
                ("name", models.TextField()),
                ("name_at", models.DateTimeField(null=True)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("duration_ms", models.BigIntegerField()),
                ("last_status", models.SmallIntegerField()),
                ("requests", models.IntegerField()),
                ("model_calls", models.IntegerField()),
                ("errors", models.IntegerField()),
                ("unpriced", models.IntegerField()),
                ("cost_nanodollars", models.BigIntegerField()),
                ("prompt_tokens", models.BigIntegerField()),
                ("completion_tokens", models.BigIntegerField()),
                ("tokens", models.BigIntegerField()),
                ("latency_sum_ms", models.BigIntegerField()),
                ("tag", models.TextField()),
                ("feedback", models.SmallIntegerField(null=True)),
                ("user_ids", django.contrib.postgres.fields.ArrayField(models.TextField(), size=None)),
                ("models", django.contrib.postgres.fields.ArrayField(models.TextField(), size=None)),
            ],
            options={"db_table": "session", "managed": False},
        ),
    ]
