"""Prices that were used. Bodies have no model: only `ingest_app.bodies` knows how they are kept."""

from django.db import models


class Price(models.Model):
    """Unit prices as applied to requests; immutable. The schema is `sql/0001_price.sql`."""

    provider = models.TextField()
    model = models.TextField()
    source = models.TextField()
    usd_per_mtok = models.JSONField()

    class Meta:
        managed = False
        db_table = "price"

    def __str__(self) -> str:
        return f"{self.provider} {self.model} ({self.source})"
