"""The session table as Django sees it.

The schema is `sql/0001_session.sql`. Rows are written by `ingest_app.session_rows`; what people say of a session, by
`actions`.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Session(models.Model):
    """One session. See the schema for what each column means."""

    pk = models.CompositePrimaryKey("organization_id", "session_id")
    organization_id = models.BigIntegerField()
    session_id = models.TextField()
    key = models.UUIDField()
    name = models.TextField()
    name_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    duration_ms = models.BigIntegerField()
    last_status = models.SmallIntegerField()
    requests = models.IntegerField()
    model_calls = models.IntegerField()
    errors = models.IntegerField()
    unpriced = models.IntegerField()
    cost_nanodollars = models.BigIntegerField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    tokens = models.BigIntegerField()
    latency_sum_ms = models.BigIntegerField()
    tag = models.TextField()
    feedback = models.SmallIntegerField(null=True)
    user_ids = ArrayField(models.TextField())
    models = ArrayField(models.TextField())  # the last field: from here on the name means this

    class Meta:
        managed = False
        db_table = "session"

    def __str__(self) -> str:
        return self.session_id

    @property
    def known_cost(self) -> int | None:
        """Returns the cost in nano-dollars, None when no price of it is known."""
        return None if not self.cost_nanodollars and self.unpriced else self.cost_nanodollars
