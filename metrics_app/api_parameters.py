"""Parameters of `/api/metrics/` and of the lists beside it, read and described in one place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as ApiRequest

from helicone_site.middleware import zone_named
from ingest_app.known_values import PROPERTY
from metrics_app.measured import Asked
from metrics_app.measures import MEASURES, PERCENTILES, Measure, NoSuchMeasure, measure_named
from metrics_app.reading.questions import COLUMNS, known_names
from metrics_app.scope import Scope, scope_of
from requests_app import time_bars
from requests_app.api_parameters import FILTERS, filters_of, limit_in, organization_id, valid
from requests_app.filter_language.conditions import PROPERTY_PREFIX
from requests_app.filters import RequestFilter

_DEFAULT_MEASURES = ("requests", "errors", "cost_usd", "total_tokens")
_DEFAULT_GROUPS, _MOST_GROUPS = 10, 100
_MOST_MEASURES = 30
_MOST_CELLS = 20_000  # of one answer: a bucket of a group each
_NO_BUCKET, _AUTOMATIC = "none", "auto"
_BUCKETS = (_NO_BUCKET, _AUTOMATIC, *time_bars.STEPS)
_PREVIOUS = "previous"
_NAMES = ("model", "provider", "status", "user", "error")

ZONE = OpenApiParameter(
    "zone",
    OpenApiTypes.STR,
    description="An IANA time zone: of buckets, and of times that name none.",
    default="UTC",
    examples=[OpenApiExample("Of Berlin", value="Europe/Berlin")],
)
METRICS = [
    OpenApiParameter(
        "metric",
        OpenApiTypes.STR,
        many=True,
        description=f"As often as wanted: {', '.join(MEASURES)}; {PERCENTILES}. "
        f"Without it: {', '.join(_DEFAULT_MEASURES)}.",
        examples=[OpenApiExample("A percentile", value=["latency_ms_p95"])],
    ),
    OpenApiParameter(
        "by",
        OpenApiTypes.STR,
        many=True,
        description=f"What requests are told apart by: {', '.join(_NAMES)} or property.<Name>. May be given several "
        "times, with one of user, error and a property at most; with percentiles, active_users or sessions once.",
        examples=[OpenApiExample("A property", value=["property.Feature"])],
    ),
    OpenApiParameter(
        "bucket",
        OpenApiTypes.STR,
        enum=_BUCKETS,
        default=_NO_BUCKET,
        description=f"`none`: one total. At most {time_bars.AT_MOST_STEPS:,} buckets; with `by`, times `limit`, "
        f"{_MOST_CELLS:,}.",
    ),
    ZONE,
    OpenApiParameter(
        "compare", OpenApiTypes.STR, enum=[_PREVIOUS], description="With the period of this length before it."
    ),
    OpenApiParameter(
        "limit",
        OpenApiTypes.INT,
        default=_DEFAULT_GROUPS,
        description=f"How many groups, 1 to {_MOST_GROUPS}: those with most of the first metric that is no percentile, "
        "active_users or sessions, else with most requests. All others together are `other`.",
    ),
    *FILTERS,
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call of `/api/metrics/`. `names` are those in `asked.by` as the caller wrote them."""

    scope: Scope
    asked: Asked
    names: tuple[str, ...]
    bucket: str
    before: Scope | None

    @property
    def has_buckets(self) -> bool:
        """Returns whether values are wanted bucket by bucket."""
        return self.bucket != _NO_BUCKET

    def asked_before(self, before: Scope) -> Asked:
        """Returns the same question for the period that it is compared with. Raises ValidationError."""
        return Asked(self.asked.measures, self.asked.by, _edges(before, self.bucket), self.asked.at_most)


def wanted(parameters: QueryDict, *, organization_id: int) -> Wanted:
    """Returns what is asked for, as METRICS describes it. Raises ValidationError, and FilterError."""
    scope = scope_of(organization_id=organization_id, filters=valid(RequestFilter(parameters)))
    measures = _measures(parameters.getlist("metric"))
    names = _by(parameters.getlist("by"), measures, scope.organization_id)
    bucket = one_of("bucket", parameters.get("bucket") or _NO_BUCKET, _BUCKETS)
    at_most = limit_in(parameters, default=_DEFAULT_GROUPS, at_most=_MOST_GROUPS)
    edges = _edges(scope, bucket)
    if names and (len(edges) - 1) * at_most > _MOST_CELLS:
        raise ValidationError(
            {"bucket": [f"{len(edges) - 1:,} buckets of {at_most} groups are too many: lower one of them."]}
        )
    one_of("compare", parameters.get("compare") or _PREVIOUS, (_PREVIOUS,))
    before = scope.before if parameters.get("compare") else None
    return Wanted(scope, Asked(measures, tuple(names), edges, at_most), tuple(names.values()), bucket, before)


def scope_of_request(request: ApiRequest) -> Scope:
    """Returns the requests that the filters ask for. Raises ValidationError, and FilterError."""
    return scope_of(organization_id=organization_id(request), filters=filters_of(request))


def zone_of(parameters: QueryDict) -> tzinfo:
    """Returns the time zone that is asked for. Raises ValidationError."""
    name = parameters.get("zone") or "UTC"
    zone = zone_named(name)
    if str(zone) != name:
        raise ValidationError(
            {"zone": [f"There is no time zone {name!r}: give a name such as Europe/Berlin."]}
        )
    return zone


def one_of(parameter: str, value: str, known: Sequence[str]) -> str:
    """Returns `value`. Raises ValidationError unless it is one of `known`."""
    if value not in known:
        raise ValidationError({parameter: [f"There is no {value!r}: choose from {', '.join(known)}."]})
    return value


def _measures(names: Sequence[str]) -> tuple[Measure, ...]:
    names = list(dict.fromkeys(filter(None, names))) or _DEFAULT_MEASURES
    if len(names) > _MOST_MEASURES:
        raise ValidationError({"metric": [f"Give at most {_MOST_MEASURES}."]})
    try:
        return tuple(map(measure_named, names))
    except NoSuchMeasure as error:
        raise ValidationError({"metric": [str(error)]}) from error


def _by(names: Sequence[str], measures: Sequence[Measure], organization_id: int) -> dict[str, str]:
    """Returns what is told apart as sums call it, and as the caller does."""
    by = {_field(name, organization_id): name for name in names if name}
    if sum(name not in COLUMNS for name in by) > 1:
        raise ValidationError({"by": ["Give one of user, error and property.<Name> at most."]})
    dear = next((measure.name for measure in measures if measure.source != "sums"), None)
    if dear and len(by) > 1:
        raise ValidationError({"by": [f"{dear} can be told apart by one thing only."]})
    return by


def _field(name: str, organization_id: int) -> str:
    """Returns how sums call `name`. Properties are found as filters find them: as given, or in lower case."""
    if name.startswith(PROPERTY_PREFIX) and name != PROPERTY_PREFIX and "\x00" not in name:
        given = name.removeprefix(PROPERTY_PREFIX)
        known = known_names(organization_id, {PROPERTY + given, PROPERTY + given.lower()})
        return PROPERTY + given if PROPERTY + given in known or not known else known[0]
    return one_of("by", name, (*_NAMES, "property.<Name>"))


def _edges(scope: Scope, bucket: str) -> list[datetime]:
    if bucket == _NO_BUCKET:
        return [scope.start, scope.end]
    if bucket == _AUTOMATIC:
        return scope.edges
    step = next(step for step in time_bars.STEPS if step == bucket)
    try:
        return scope.cut_by(step)
    except time_bars.TooManyBars as error:
        raise ValidationError({"bucket": [str(error)]}) from error
