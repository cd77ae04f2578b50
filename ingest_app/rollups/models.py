"""The tables of sums as Django sees them, to read. The schema is `sql/0007_rollups.sql`."""

from django.db import models


class _Key(models.Model):
    """The columns that every row of sums has: of a quarter of an hour (q), an hour (h) or a day (d), from `bucket`."""

    organization_id = models.BigIntegerField()
    dimension = models.TextField()
    value = models.TextField()
    grain = models.TextField()
    bucket = models.DateTimeField()

    class Meta:
        abstract = True


class _Sums(_Key):
    """What requests of one provider, model, status and kind add up to. NULL is 0."""

    provider = models.TextField()
    model = models.TextField()
    status = models.SmallIntegerField()
    kind = models.TextField()
    requests = models.BigIntegerField()
    priced = models.BigIntegerField(null=True)
    unpriced = models.BigIntegerField(null=True)
    prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    audio_tokens = models.BigIntegerField(null=True)
    cache_hits = models.BigIntegerField(null=True)
    latency_sum_ms = models.BigIntegerField(null=True)
    first_tokens = models.BigIntegerField(null=True)
    first_token_sum_ms = models.BigIntegerField(null=True)
    streamed_tokens = models.BigIntegerField(null=True)
    streaming_sum_ms = models.BigIntegerField(null=True)
    cost_nanodollars = models.DecimalField(max_digits=1000, decimal_places=0, null=True)
    saved_nanodollars = models.DecimalField(max_digits=1000, decimal_places=0, null=True)

    class Meta:
        abstract = True


class Rollup(_Sums):
    pk = models.CompositePrimaryKey(
        "organization_id", "dimension", "value", "grain", "bucket", "provider", "model", "status", "kind"
    )

    class Meta:
        managed = False
        app_label = "ingest_app"
        db_table = "rollup"

    def __str__(self) -> str:
        return f"{self.dimension or 'all'} {self.value} {self.bucket}"


class RollupValue(_Sums):
    pk = models.CompositePrimaryKey(
        "organization_id", "dimension", "grain", "bucket", "value", "provider", "model", "status", "kind"
    )

    class Meta:
        managed = False
        app_label = "ingest_app"
        db_table = "rollup_value"

    def __str__(self) -> str:
        return f"{self.dimension} {self.value} {self.bucket}"


class RollupSpread(_Key):
    """`users` and `sessions` are bit strings, and `latency` and `first_token` histograms: see `spread`."""

    pk = models.CompositePrimaryKey("organization_id", "dimension", "value", "grain", "bucket")
    latency = models.DecimalField(max_digits=20_000, decimal_places=0)
    first_token = models.DecimalField(max_digits=20_000, decimal_places=0, null=True)
    users = models.TextField(null=True)  # noqa: DJ001 - a bit string
    sessions = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        managed = False
        app_label = "ingest_app"
        db_table = "rollup_spread"

    def __str__(self) -> str:
        return f"{self.dimension or 'all'} {self.value} {self.bucket}"
