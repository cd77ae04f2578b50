"""The tool that reads what requests add up to."""

from datetime import datetime
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from mcp_app.arguments import End, MetricsFilter, Range, Start
from mcp_app.asker import Call, asker_of
from mcp_app.tool import parameters_of, tool
from metrics_app.answer import answer
from metrics_app.measures import MEASURES, PERCENTILES

MOST_VALUES = 2_000  # of one answer: a metric of a group in a bucket, each

Value = int | float | None
Values = dict[str, Value]


class Bucket(BaseModel):
    """A stretch of time, half open; the first and the last one begin and end with the period."""

    start: datetime
    end: datetime
    values: Values


class Group(BaseModel):
    """Requests that have something in common: `values`, or with a bucket those of each bucket."""

    by: dict[str, str | int | None] = Field(default_factory=dict, description="What they have in common.")
    values: Values = Field(default_factory=dict, description="By metric; null where there is none.")
    buckets: list[Bucket] = Field(default_factory=list)


class Other(BaseModel):
    """All other groups together, without percentiles, users and sessions."""

    groups: int | None = Field(None, description="How many these are.")
    values: Values = Field(default_factory=dict)
    buckets: list[Bucket] = Field(default_factory=list)


class Period(BaseModel):
    """What the requests of a period add up to."""

    start: datetime
    end: datetime
    groups: list[Group]
    other: Other | None = None


class Metrics(Period):
    """The answer to one question."""

    zone: str
    bucket: str
    previous: Period | None = Field(None, description="The same groups in the period of this length before.")


@tool
def query_metrics(
    context: Call,
    metrics: Annotated[
        list[str], Field(description=f"Any of {', '.join(MEASURES)}; {PERCENTILES}, such as latency_ms_p95.")
    ],
    by: Annotated[
        list[str],
        Field(
            description="What to tell apart by: model, provider, status, user, error or property.<Name>. One of the "
            "last three at most; with percentiles, active_users or sessions one name in all."
        ),
    ] = [],  # noqa: B006  # described as the default, and never changed
    bucket: Annotated[
        Literal["none", "auto", "minute", "5m", "15m", "hour", "day", "week", "month", "year"],
        Field(description="none: one total of the period."),
    ] = "none",
    filter: MetricsFilter = "",
    range: Range = None,
    start: Start = None,
    end: End = None,
    zone: Annotated[str, Field(description="IANA time zone of buckets and of times that name none.")] = "UTC",
    compare: Annotated[
        Literal["previous"] | None, Field(description="With the period of this length before.")
    ] = None,
    limit: Annotated[
        int, Field(ge=1, le=50, description="How many groups: those with most of the first metric.")
    ] = 10,
) -> Metrics:
    """Say what requests add up to: counts, errors, cost, tokens, latency percentiles, users; by anything, over time."""
    asked = parameters_of(
        metric=metrics,
        by=by,
        bucket=bucket,
        q=filter,
        range=range,
        start=start,
        end=end,
        zone=zone,
        compare=compare,
        limit=limit,
    )
    found = Metrics(**answer(asked, organization_id=asker_of(context).organization.pk))
    values = sum(_values(period) for period in (found, found.previous) if period is not None)
    if values > MOST_VALUES:
        raise ToolError(
            f"That is {values:,} values, and an answer holds {MOST_VALUES:,}: take a longer bucket, a shorter period, "
            "a lower limit or fewer metrics."
        )
    return found


def _values(period: Period) -> int:
    groups: list[Any] = [*period.groups, *([period.other] if period.other else [])]
    return sum(len(group.values) + sum(len(bucket.values) for bucket in group.buckets) for group in groups)
