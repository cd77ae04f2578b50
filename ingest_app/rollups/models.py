"""The tables of sums as Django sees them, to read. The schema is `sql/0007_rollups.sql`."""

from django.db import models


class _Key(models.Model):
    """The columns that every row of sums has. `bucket` is the beginning of an hour ('h') or a day ('d')."""

    organization_id = models.BigIntegerField()
    dimension = models.TextField()
    value = models.TextField()
    grain = models.TextField()
    bucket = models.DateTimeField()

    class Meta:
        abstract = True


class _Sums(_Key):
    provider = models.TextField()
    model = models.TextField()
    status = models.SmallIntegerField()
    kind = models.TextField()
    requests = models.BigIntegerField()
    priced = models.BigIntegerField()
    unpriced = models.BigIntegerField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    cache_read_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    audio_tokens = models.BigIntegerField()
    cache_hits = models.BigIntegerField()
    latency_sum_ms = models.BigIntegerField()
    first_tokens = models.BigIntegerField()
    first_token_sum_ms = models.BigIntegerField()
    streamed_tokens = models.BigIntegerField()
    streaming_sum_ms = models.BigIntegerField()
    cost_nanodollars = models.DecimalField(max_digits=1000, decimal_places=0)
    saved_nanodollars = models.DecimalField(max_digits=1000, decimal_places=0)

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
    first_token = models.DecimalField(max_digits=20_000, decimal_places=0)
    users = models.TextField()
    sessions = models.TextField()

    class Meta:
        managed = False
        app_label = "ingest_app"
        db_table = "rollup_spread"

    def __str__(self) -> str:
        return f"{self.dimension or 'all'} {self.value} {self.bucket}"
