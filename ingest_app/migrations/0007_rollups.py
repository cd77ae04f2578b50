from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


def table(name, db_table, key, fields):
    """Returns the operation that tells Django of a table of sums: state only, the SQL makes it."""
    pk = models.CompositePrimaryKey(*key, blank=True, editable=False, primary_key=True, serialize=False)
    return migrations.CreateModel(
        name=name, fields=[("pk", pk), *fields.items()], options={"db_table": db_table, "managed": False}
    )


def key_fields():
    return {
        "organization_id": models.BigIntegerField(),
        "dimension": models.TextField(),
        "value": models.TextField(),
        "grain": models.TextField(),
        "bucket": models.DateTimeField(),
    }


def sum_fields():
    counts = (
        "priced", "unpriced", "prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens",
        "reasoning_tokens", "audio_tokens", "cache_hits", "latency_sum_ms", "first_tokens", "first_token_sum_ms",
        "streamed_tokens", "streaming_sum_ms",
    )
    return {
        **key_fields(),
        "provider": models.TextField(),
        "model": models.TextField(),
        "status": models.SmallIntegerField(),
        "kind": models.TextField(),
        "requests": models.BigIntegerField(),
        **{name: models.BigIntegerField(null=True) for name in counts},
        **{
            name: models.DecimalField(max_digits=1000, decimal_places=0, null=True)
            for name in ("cost_nanodollars", "saved_nanodollars")
        },
    }


class Migration(migrations.Migration):
    # It adds up the rows of requests.
    dependencies = [("ingest_app", "0006_data_keys"), ("requests_app", "0008_export_ids")]
    operations = [
        run_file(SQL, "0007_rollups"),
        table(
            "Rollup",
            "rollup",
            ("organization_id", "dimension", "value", "grain", "bucket", "provider", "model", "status", "kind"),
            sum_fields(),
        ),
        table(
            "RollupValue",
            "rollup_value",
            ("organization_id", "dimension", "grain", "bucket", "value", "provider", "model", "status", "kind"),
            sum_fields(),
        ),
        table(
            "RollupSpread",
            "rollup_spread",
            ("organization_id", "dimension", "value", "grain", "bucket"),
            {
                **key_fields(),
                "latency": models.DecimalField(max_digits=20_000, decimal_places=0),
                "first_token": models.DecimalField(max_digits=20_000, decimal_places=0, null=True),
                "users": models.TextField(null=True),
                "sessions": models.TextField(null=True),
            },
        ),
    ]
