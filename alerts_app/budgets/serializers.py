"""How REST writes budgets and rate limits, and what it takes."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from alerts_app.budgets.choices import (
    MAX_USD,
    MOST_SHARES,
    PROPERTY_IN_POLICY,
    window_in_words,
    zone_exists,
)
from alerts_app.notices.fields import MOST_EMAILS
from helicone_site.formats import NANO
from limits_app.actions import BudgetTerms
from limits_app.models import (
    MAX_WINDOW_S,
    MIN_WINDOW_S,
    PERIODS,
    SUBJECTS,
    THENS,
    UNITS,
    Budget,
    RateLimit,
)
from limits_app.policy import MAX_QUOTA
from limits_app.rules import Period, RatePolicy, Subject, Then, Unit

_MOST_CHANNELS = 50
_WINDOW = f"Seconds: {window_in_words(MIN_WINDOW_S)} to {window_in_words(MAX_WINDOW_S)}."
_DIGITS = 16


def _text(model: Any, column: str, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=model._meta.get_field(column).max_length, **options)


class NewBudgetSerializer(serializers.Serializer[Any]):
    """What a budget says."""

    name = _text(Budget, "name")
    subject = serializers.ChoiceField(SUBJECTS)
    property_name = _text(
        Budget, "property_name", default="", allow_blank=True, help_text="Of the subject `property`."
    )
    value = _text(
        Budget,
        "value",
        default=None,
        allow_null=True,
        trim_whitespace=False,
        help_text="Whose it is: an API key's id, a user, a model or a value of the property. "
        "Null: each has the amount alone.",
    )
    amount_usd = serializers.DecimalField(
        max_digits=_DIGITS,
        decimal_places=6,
        min_value=0,
        max_value=MAX_USD,
        coerce_to_string=False,
        help_text="More than 0.",
    )
    period = serializers.ChoiceField(PERIODS)
    window_s = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=MIN_WINDOW_S,
        max_value=MAX_WINDOW_S,
        help_text=f"Of the period `rolling`, and null otherwise. {_WINDOW}",
    )
    zone = _text(
        Budget, "zone", default="UTC", help_text="IANA's name of the time zone of days, weeks and months."
    )
    warn_percents = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=99),
        max_length=MOST_SHARES,
        default=list,
        help_text="Shares at which people are told. They are also told when it is used up.",
    )
    then = serializers.ChoiceField(
        THENS, default=str(Then.BLOCK), help_text="What happens to requests that would go over it."
    )
    cheaper_model = _text(
        Budget, "cheaper_model", default="", allow_blank=True, help_text="With `then` = `cheaper`."
    )
    is_closed_when_unknown = serializers.BooleanField(
        default=False, help_text="Whether requests are refused (503) while nobody can say what was spent."
    )
    is_active = serializers.BooleanField(default=True)
    channels = serializers.ListField(
        child=serializers.UUIDField(), max_length=_MOST_CHANNELS, default=list, help_text="Who is told: ids."
    )
    emails = serializers.ListField(child=serializers.EmailField(), max_length=MOST_EMAILS, default=list)

    def validate_amount_usd(self, value: Decimal) -> Decimal:
        """Raises ValidationError for an amount that nobody can spend anything of."""
        if not value:
            raise serializers.ValidationError("Give more than 0.")
        return value

    def validate_zone(self, value: str) -> str:
        """Raises ValidationError for a zone that there is not."""
        if not zone_exists(value):
            raise serializers.ValidationError(
                "There is no such time zone: give a name such as Europe/Berlin."
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError for what does not go together."""
        if (attrs["subject"] == Subject.PROPERTY) != bool(attrs["property_name"]):
            raise serializers.ValidationError(
                {"property_name": "Name the property with the subject property, and with no other."}
            )
        if attrs["subject"] == Subject.ORGANIZATION and attrs["value"] is not None:
            raise serializers.ValidationError({"value": "A budget of the whole organization has none."})
        if attrs["subject"] == Subject.API_KEY and not (attrs["value"] or "0").isdecimal():
            raise serializers.ValidationError({"value": "Give the id of an API key."})
        if (attrs["then"] == Then.CHEAPER) != bool(attrs["cheaper_model"]):
            raise serializers.ValidationError(
                {"cheaper_model": "Name the model with cheaper, and only then."}
            )
        if (attrs["period"] == Period.ROLLING) != (attrs["window_s"] is not None):
            raise serializers.ValidationError(
                {"window_s": "This goes with the period rolling, and only then."}
            )
        return attrs


def terms_of(said: dict[str, Any]) -> BudgetTerms:
    """Returns what validated data of NewBudgetSerializer say."""
    return BudgetTerms(
        name=said["name"],
        subject=Subject(said["subject"]),
        property_name=said["property_name"],
        value=said["value"],
        amount_nanodollars=int(said["amount_usd"] / NANO),
        period=Period(said["period"]),
        window_s=said["window_s"],
        zone=said["zone"],
        warn_percents=said["warn_percents"],
        then=Then(said["then"]),
        cheaper_model=said["cheaper_model"],
        is_closed_when_unknown=said["is_closed_when_unknown"],
    )


class BudgetUseSerializer(serializers.Serializer[Any]):
    """What was spent of an amount."""

    spent_nanodollars = serializers.IntegerField()
    reserved_nanodollars = serializers.IntegerField(help_text="What requests on their way may cost at most.")
    remaining_nanodollars = serializers.IntegerField()
    spent_usd = serializers.FloatField()
    reserved_usd = serializers.FloatField()
    remaining_usd = serializers.FloatField()


class BudgetSubjectSerializer(BudgetUseSerializer):
    """What one user, key, model or value has spent."""

    value = serializers.CharField()


class BudgetSerializer(NewBudgetSerializer):
    """A budget, and how it stands in its period."""

    id = serializers.IntegerField()
    amount_usd = serializers.FloatField()  # type: ignore[assignment]  # what is taken is exact, what is told a number
    amount_nanodollars = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    period_start = serializers.DateTimeField(
        help_text="Of the period of now, or of the window that ends now."
    )
    period_end = serializers.DateTimeField()
    is_known = serializers.BooleanField(
        help_text="Whether it is known what was spent; false for some seconds after a change, and while it is paused."
    )
    use = BudgetUseSerializer(
        allow_null=True, help_text="Null where each has the amount alone, and where it is not known."
    )
    subjects = BudgetSubjectSerializer(
        many=True, help_text="Where each has the amount alone: the hundred that spent most."
    )


class NewRateLimitSerializer(serializers.Serializer[Any]):
    """What a rate limit says."""

    name = _text(RateLimit, "name")
    quota = serializers.IntegerField(min_value=1, max_value=MAX_QUOTA, help_text="Requests or US cents.")
    window_s = serializers.IntegerField(min_value=MIN_WINDOW_S, max_value=MAX_WINDOW_S, help_text=_WINDOW)
    unit = serializers.ChoiceField(UNITS, default=str(Unit.REQUEST))
    segment = serializers.RegexField(
        PROPERTY_IN_POLICY,
        max_length=RateLimit._meta.get_field("segment").max_length,
        default="",
        allow_blank=True,
        help_text="Empty: all together; `user`: each user; or a property's name: each value of it.",
    )
    is_active = serializers.BooleanField(default=True)


def policy_of(said: dict[str, Any]) -> RatePolicy:
    """Returns what validated data of NewRateLimitSerializer say."""
    return RatePolicy(said["quota"], said["window_s"], Unit(said["unit"]), said["segment"])


class RateLimitSerializer(NewRateLimitSerializer):
    """A rate limit."""

    id = serializers.IntegerField()
    policy = serializers.CharField(help_text="The same as `Helicone-RateLimit-Policy` says it.")
    used = serializers.FloatField(
        allow_null=True,
        help_text="In the window that ends now; null where users or values are counted alone.",
    )
    remaining = serializers.FloatField(allow_null=True, help_text="Likewise.")
    created_at = serializers.DateTimeField()
