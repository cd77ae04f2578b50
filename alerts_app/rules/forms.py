"""What people may type about an alert: parsed here once, so that views see a rule that can be judged."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict

from alerts_app.notices.fields import ChannelsField, EmailsField
from alerts_app.rules import words
from alerts_app.rules.models import (
    COUNTS,
    MAX_HYSTERESIS_PERCENT,
    MAX_QUIET_JUDGEMENTS,
    Aggregation,
    Alert,
    Baseline,
    Condition,
    Metric,
)
from alerts_app.rules.rule import GROUPINGS, BadRule, Rule, checked
from helicone_site.text import storable
from ingest_app.known_values import PROPERTY
from requests_app.filter_language.fields import REQUESTS
from requests_app.filter_language.printing import print_filter
from requests_app.filters import RequestFilter
from requests_app.list_filter import TextFormField

_NEW = Alert()
_LONGEST_NAME = Alert._meta.get_field("name").max_length or 0
SHARES = (*COUNTS, Metric.ERROR_RATE)
TIMES = (Metric.LATENCY, Metric.TIME_TO_FIRST_TOKEN)
OTHER = "other"
_UNITS_MS = {"1000": "seconds", "60000": "minutes", "3600000": "hours", "86400000": "days"}
_WINDOWS_MS = {
    60_000: "1 minute",
    300_000: "5 minutes",
    600_000: "10 minutes",
    900_000: "15 minutes",
    1_800_000: "30 minutes",
    3_600_000: "1 hour",
    21_600_000: "6 hours",
    86_400_000: "1 day",
    604_800_000: "7 days",
    2_592_000_000: "30 days",
}
_PERCENTILE = 95
_AGGREGATIONS = [
    (Aggregation.SUM, "Total"),
    (Aggregation.AVERAGE, "Mean of a request"),
    (Aggregation.MOST, "Most of a request"),
    (Aggregation.LEAST, "Least of a request"),
    (Aggregation.PERCENTILE, "Percentile"),
]
_AGGREGATIONS_OF_TIMES = [
    (Aggregation.PERCENTILE, "Percentile"),
    (Aggregation.AVERAGE, "Mean"),
    (Aggregation.MOST, "Longest"),
    (Aggregation.LEAST, "Shortest"),
    (Aggregation.SUM, "Sum"),
]
_METRICS = [
    (
        "Failures",
        [
            (Metric.ERROR_RATE, "Error rate"),
            (Metric.ERROR_COUNT, "Errors"),
            (Metric.RATE_LIMIT_HITS, "Rate-limit hits (429)"),
        ],
    ),
    (
        "Time",
        [(Metric.LATENCY, "Latency"), (Metric.TIME_TO_FIRST_TOKEN, "Time to first token")],
    ),
    (
        "Use",
        [
            (Metric.COST, "Cost"),
            (Metric.COUNT, "Requests"),
            (Metric.TOTAL_TOKENS, "Tokens"),
            (Metric.PROMPT_TOKENS, "Tokens in"),
            (Metric.COMPLETION_TOKENS, "Tokens out"),
            (Metric.CACHE_READ_TOKENS, "Tokens read from prompt caches"),
            (Metric.CACHE_WRITE_TOKENS, "Tokens written to prompt caches"),
        ],
    ),
]


def _number(**options: Any) -> forms.FloatField:
    attributes = {"step": "any", "min": "0", "inputmode": "decimal", **options.pop("attrs", {})}
    return forms.FloatField(widget=forms.NumberInput(attrs=attributes), **options)


class AlertForm(forms.Form):
    """An alert. What a field says that the chosen metric has no use for is left out."""

    name = forms.CharField(
        required=False,
        max_length=_LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Empty: what it watches, in words.",
    )
    metric = forms.ChoiceField(label="Watch", choices=_METRICS, initial=Metric.ERROR_RATE)
    aggregation = forms.ChoiceField(
        label="Of all requests", choices=_AGGREGATIONS, required=False, initial=Aggregation.SUM
    )
    aggregation_of_times = forms.ChoiceField(
        label="Of all requests",
        choices=_AGGREGATIONS_OF_TIMES,
        required=False,
        initial=Aggregation.PERCENTILE,
    )
    percentile = _number(required=False, initial=_PERCENTILE, attrs={"max": "99.9"})
    condition = forms.ChoiceField(label="When it is", choices=Condition.choices, initial=Condition.ABOVE)
    threshold = _number(label="Threshold")
    baseline = forms.ChoiceField(
        label="Compared with",
        choices=[(Baseline.FIXED, "a fixed value"), (Baseline.LAST_WEEK, "last week, same time")],
        initial=Baseline.FIXED,
    )
    window = forms.ChoiceField(
        label="Over the last",
        choices=[*((str(length), label) for length, label in _WINDOWS_MS.items()), (OTHER, "Other…")],
        initial="600000",
    )
    window_number = _number(label="How long", required=False)
    window_unit = forms.ChoiceField(
        label="Unit", choices=[*_UNITS_MS.items()], required=False, initial="60000"
    )
    group = forms.ChoiceField(label="Each on its own", required=False)
    query = TextFormField(
        vocabulary=REQUESTS,
        label="Only requests that match",
        required=False,
        strip=False,
        max_length=10_000,
        widget=forms.TextInput(
            attrs={
                "id": "filter-text",
                "placeholder": "all requests",
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "role": "combobox",
                "aria-autocomplete": "list",
                "aria-expanded": "false",
                "aria-controls": "filter-options",
                "data-filter-value": "",
            }
        ),
        help_text="As on the Requests page, such as <code>model:gpt-4o* property.Environment:production</code>.",
    )
    minimum_request_count = forms.IntegerField(
        label="At least so many requests",
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="With fewer in the window nothing is said: one failure of two requests is no outage.",
    )
    hysteresis_percent = _number(
        label="Resolved when it is back by",
        required=False,
        attrs={"max": str(MAX_HYSTERESIS_PERCENT)},
        help_text="Percent of the threshold, so that a value that stays near it does not fire again and again.",
    )
    quiet_judgements = forms.IntegerField(
        label="So many times in a row",
        required=False,
        min_value=1,
        max_value=MAX_QUIET_JUDGEMENTS,
        help_text="It is looked at each minute, costs every few seconds.",
    )
    channels = ChannelsField()
    emails = EmailsField()

    def __init__(
        self, *args: Any, organization_id: int, properties: Iterable[str], suggest_url: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["query"].widget.attrs["data-suggest"] = suggest_url
        channels = ChannelsField()
        channels.offer(organization_id)
        # A property that was chosen is kept, known at the moment or not.
        named = {PROPERTY + name for name in properties} | {self._chosen_property()} - {""}
        groups = [
            ("", "No: all together"),
            *((name, f"Each {label.lower()}") for name, label in GROUPINGS.items()),
            *((name, f"Each {name.removeprefix(PROPERTY)}") for name in sorted(named)),
        ]
        self.fields["group"] = forms.ChoiceField(label="Each on its own", required=False, choices=groups)
        self.fields["channels"] = channels
        for name in ("hysteresis_percent", "quiet_judgements"):
            self.initial.setdefault(name, getattr(_NEW, name))

    def clean(self) -> dict[str, Any]:
        """Adds `rule`. Raises ValidationError, beside its field, for what cannot be judged."""
        cleaned = super().clean() or self.cleaned_data
        window_ms = self._window_ms(cleaned)
        if self.errors or window_ms is None:
            return cleaned
        try:
            cleaned["rule"] = checked(self._rule(cleaned, window_ms))
        except BadRule as error:
            self.add_error(_FIELDS.get(error.field, error.field), str(error))
        return cleaned

    def _rule(self, cleaned: Mapping[str, Any], window_ms: int) -> Rule:
        metric = Metric(cleaned["metric"])
        aggregation, percentile = Aggregation.SUM, None
        if metric not in SHARES:
            chosen = cleaned["aggregation_of_times" if metric in TIMES else "aggregation"]
            aggregation = Aggregation(chosen or Aggregation.SUM)
        if aggregation == Aggregation.PERCENTILE:
            percentile = cleaned["percentile"] or _PERCENTILE
        group, hysteresis = cleaned["group"], cleaned["hysteresis_percent"]
        rule = Rule(
            name=storable(cleaned["name"].strip()) or _UNNAMED,
            metric=metric,
            aggregation=aggregation,
            percentile=percentile,
            condition=cleaned["condition"],
            baseline=cleaned["baseline"],
            threshold=cleaned["threshold"],
            window_ms=window_ms,
            query=print_filter(cleaned["query"]),
            grouping=group.removeprefix(PROPERTY),
            grouping_is_property=group.startswith(PROPERTY),
            minimum_request_count=cleaned["minimum_request_count"],
            hysteresis_percent=_NEW.hysteresis_percent if hysteresis is None else hysteresis,
            quiet_judgements=cleaned["quiet_judgements"] or _NEW.quiet_judgements,
            channels=tuple(cleaned["channels"]),
            emails=tuple(cleaned["emails"]),
        )
        return replace(rule, name=words.watches(rule)[:_LONGEST_NAME]) if rule.name == _UNNAMED else rule

    def _window_ms(self, cleaned: Mapping[str, Any]) -> int | None:
        window = cleaned.get("window")
        if window != OTHER:
            return int(window) if window else None
        number, unit = cleaned.get("window_number"), cleaned.get("window_unit")
        if not number or not unit:
            self.add_error("window_number", "Say how long.")
            return None
        return round(min(float(number) * int(unit), 1e15))

    def _chosen_property(self) -> str:
        value = str((self.data.get("group") if self.is_bound else self.initial.get("group")) or "")
        return value if value.startswith(PROPERTY) and len(value) <= _LONGEST_GROUP else ""


_UNNAMED = "–"
_FIELDS = {"window_ms": "window", "grouping": "group"}
_LONGEST_GROUP = 200


def initial_of(alert: Alert) -> dict[str, Any]:
    """Returns what the fields of AlertForm hold for a stored alert."""
    is_of_time = alert.metric in TIMES
    window = str(alert.window_ms)
    unit_ms = next((unit for unit in (86_400_000, 3_600_000, 60_000) if alert.window_ms % unit == 0), 1000)
    return {
        **{name: getattr(alert, name) for name in _SAME},
        "aggregation_of_times" if is_of_time else "aggregation": alert.aggregation,
        "percentile": alert.percentile or _PERCENTILE,
        "threshold": f"{alert.threshold:.12g}",
        "window": window if alert.window_ms in _WINDOWS_MS else OTHER,
        "window_number": f"{alert.window_ms / unit_ms:g}",
        "window_unit": str(unit_ms),
        "group": PROPERTY + alert.grouping if alert.grouping_is_property else alert.grouping,
        "channels": [channel.pk for channel in alert.channels.all()],
    }


def initial_from(query: QueryDict) -> dict[str, Any]:
    """Returns what an address fills in: fields by their names, and any filter of the Requests page."""
    names = AlertForm.base_fields
    initial: dict[str, Any] = {
        name: query.getlist(name) if name == "channels" else query[name] for name in names if query.get(name)
    }
    others = query.copy()
    for name in names:
        others.pop(name, None)
    filters = RequestFilter(others)
    if "query" not in initial:
        # What cannot be read is shown as it is, to be put right.
        initial["query"] = print_filter(filters.tree) if filters.is_valid() else others.get("q", "")
    return initial


_SAME = (
    "name", "metric", "condition", "baseline", "query", "minimum_request_count",
    "hysteresis_percent", "quiet_judgements", "emails",
)  # fmt: skip
