"""`/api/budgets/` and `/api/rate-limits/`: what may be spent and how often may be asked, over REST."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app.models import Organization
from alerts_app.budgets import actions, words
from alerts_app.budgets.queries import NOBODY, Receivers, receivers_by_budget, receivers_of
from alerts_app.budgets.serializers import (
    BudgetSerializer,
    NewBudgetSerializer,
    NewRateLimitSerializer,
    RateLimitSerializer,
    policy_of,
    terms_of,
)
from alerts_app.budgets.shown import left, span_at
from alerts_app.budgets.standing import NOTHING_SPENT, Standing, standings, used
from alerts_app.managed import CREATED, GONE, NO_CONTENT, ManagedViewSet
from alerts_app.notices.models import Channel
from alerts_app.notices.queries import channels
from helicone_site.formats import usd
from limits_app import actions as limit_actions
from limits_app import queries
from limits_app.models import Budget, RateLimit
from limits_app.policy import policy_text
from limits_app.state import Spent
from requests_app.api_parameters import organization_id

MOST_SUBJECTS = 100
_ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)


class BudgetViewSet(ManagedViewSet):
    """Budgets of the caller's organization."""

    @extend_schema(operation_id="budgets_list", responses=BudgetSerializer(many=True))
    def list(self, request: ApiRequest) -> Response:
        """All, oldest first, with what was spent of each in its period."""
        found = [*queries.budgets(organization_id(request))]
        return Response(_told(found))

    @extend_schema(
        operation_id="budgets_create",
        request=NewBudgetSerializer,
        responses={CREATED: BudgetSerializer},
        examples=[
            OpenApiExample(
                "Two dollars a day for each user",
                {
                    "name": "Each user",
                    "subject": "user",
                    "amount_usd": 2,
                    "period": "day",
                    "zone": "Europe/Berlin",
                    "warn_percents": [80],
                    "then": "block",
                    "emails": ["oncall@example.com"],
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: ApiRequest) -> Response:
        """Make one. What was spent so far in its period is counted within seconds."""
        said = _said(NewBudgetSerializer, request.data)
        organization = _organization(request)
        with transaction.atomic():
            budget = actions.create_budget(
                organization=organization,
                terms=terms_of(said),
                channels=_channels(organization, said),
                emails=said["emails"],
            )
            if not said["is_active"]:
                limit_actions.switch_budget(budget=budget, is_active=False)
        return Response(_told([budget])[0], status=CREATED)

    @extend_schema(operation_id="budgets_retrieve", parameters=[_ID], responses=BudgetSerializer)
    def retrieve(self, request: ApiRequest, id: int) -> Response:
        """One budget."""
        return Response(_told([_budget(request, id)])[0])

    @extend_schema(
        operation_id="budgets_update",
        parameters=[_ID],
        request=NewBudgetSerializer(partial=True),
        responses=BudgetSerializer,
    )
    def partial_update(self, request: ApiRequest, id: int) -> Response:
        """Change what is given of one. The rest stays, and has to go together with it."""
        budget = _budget(request, id)
        said = _said(NewBudgetSerializer, _changed(_terms(budget, receivers_of(budget)), request.data))
        with transaction.atomic():
            actions.change_budget(
                budget=budget,
                terms=terms_of(said),
                channels=_channels(_organization(request), said),
                emails=said["emails"],
            )
            if said["is_active"] != budget.is_active:
                limit_actions.switch_budget(budget=budget, is_active=said["is_active"])
        return Response(_told([budget])[0])

    @extend_schema(operation_id="budgets_delete", parameters=[_ID], responses={NO_CONTENT: GONE})
    def destroy(self, request: ApiRequest, id: int) -> Response:
        """Delete one, and the warnings that it gave."""
        limit_actions.delete_budget(budget=_budget(request, id))
        return Response(status=NO_CONTENT)


class RateLimitViewSet(ManagedViewSet):
    """Rate limits of the caller's organization, for requests that bring no policy of their own."""

    @extend_schema(operation_id="rate_limits_list", responses=RateLimitSerializer(many=True))
    def list(self, request: ApiRequest) -> Response:
        """All, oldest first."""
        return Response(_told_rates([*queries.rate_limits(organization_id(request))]))

    @extend_schema(
        operation_id="rate_limits_create",
        request=NewRateLimitSerializer,
        responses={CREATED: RateLimitSerializer},
        examples=[
            OpenApiExample(
                "A thousand requests an hour for each user",
                {"name": "Each user", "quota": 1000, "window_s": 3600, "segment": "user"},
                request_only=True,
            )
        ],
    )
    def create(self, request: ApiRequest) -> Response:
        """Make one."""
        said = _said(NewRateLimitSerializer, request.data)
        with transaction.atomic():
            rate = limit_actions.create_rate_limit(
                organization=_organization(request), name=said["name"], policy=policy_of(said)
            )
            if not said["is_active"]:
                limit_actions.switch_rate_limit(rate=rate, is_active=False)
        return Response(_told_rates([rate])[0], status=CREATED)

    @extend_schema(operation_id="rate_limits_retrieve", parameters=[_ID], responses=RateLimitSerializer)
    def retrieve(self, request: ApiRequest, id: int) -> Response:
        """One rate limit."""
        return Response(_told_rates([_rate(request, id)])[0])

    @extend_schema(
        operation_id="rate_limits_update",
        parameters=[_ID],
        request=NewRateLimitSerializer(partial=True),
        responses=RateLimitSerializer,
    )
    def partial_update(self, request: ApiRequest, id: int) -> Response:
        """Change what is given of one; the rest stays."""
        rate = _rate(request, id)
        said = _said(NewRateLimitSerializer, _changed(_rate_terms(rate), request.data))
        with transaction.atomic():
            limit_actions.change_rate_limit(rate=rate, name=said["name"], policy=policy_of(said))
            if said["is_active"] != rate.is_active:
                limit_actions.switch_rate_limit(rate=rate, is_active=said["is_active"])
        return Response(_told_rates([rate])[0])

    @extend_schema(operation_id="rate_limits_delete", parameters=[_ID], responses={NO_CONTENT: GONE})
    def destroy(self, request: ApiRequest, id: int) -> Response:
        """Delete one."""
        limit_actions.delete_rate_limit(rate=_rate(request, id))
        return Response(status=NO_CONTENT)


def _told(budgets: list[Budget]) -> list[dict[str, Any]]:
    now = timezone.now()
    rules = {budget.pk: queries.budget_rule(budget) for budget in budgets}
    active = [rules[budget.pk] for budget in budgets if budget.is_active]
    found = standings(active, at=now, at_most=MOST_SUBJECTS)
    receivers = receivers_by_budget(budgets)
    told = []
    for budget in budgets:
        rule, standing = rules[budget.pk], found.get(budget.pk, Standing(problem="paused"))
        span, is_known, is_each = span_at(rule, now), not standing.problem, words.is_each(rule)
        own = standing.spent.get(rule.value or "", NOTHING_SPENT)
        told.append(
            {
                **_terms(budget, receivers.get(budget.pk, NOBODY)),
                "id": budget.pk,
                "amount_nanodollars": budget.amount_nanodollars,
                "created_at": budget.created_at,
                "period_start": span.start,
                "period_end": span.end,
                "is_known": is_known,
                "use": _use(budget, own) if is_known and not is_each else None,
                "subjects": [
                    {"value": value, **_use(budget, one)}
                    for value, one in (standing.spent.items() if is_each else ())
                ],
            }
        )
    return [dict(BudgetSerializer(one).data) for one in told]


def _use(budget: Budget, one: Spent) -> dict[str, int | float]:
    amounts = {
        "spent": one.spent_nanodollars,
        "reserved": one.reserved_nanodollars,
        "remaining": left(budget.amount_nanodollars, one),
    }
    return {
        **{f"{name}_nanodollars": amount for name, amount in amounts.items()},
        **{f"{name}_usd": usd(amount) for name, amount in amounts.items()},
    }


def _terms(budget: Budget, receivers: Receivers) -> dict[str, Any]:
    """Returns a budget as NewBudgetSerializer takes one."""
    return {
        "name": budget.name,
        "subject": budget.subject,
        "property_name": budget.property_name,
        "value": budget.value,
        "amount_usd": usd(budget.amount_nanodollars),
        "period": budget.period,
        "window_s": budget.window_s,
        "zone": budget.zone,
        "warn_percents": budget.warn_percents,
        "then": budget.then,
        "cheaper_model": budget.cheaper_model,
        "is_closed_when_unknown": budget.is_closed_when_unknown,
        "is_active": budget.is_active,
        "channels": [channel.pk for channel in receivers.channels],
        "emails": list(receivers.emails),
    }


def _told_rates(rates: list[RateLimit]) -> list[dict[str, Any]]:
    rules = {rate.pk: queries.rate_rule(rate) for rate in rates}
    now_used = used([rules[rate.pk] for rate in rates if rate.is_active], at=timezone.now())
    told = []
    for rate in rates:
        number = now_used.get(rate.pk)
        told.append(
            {
                **_rate_terms(rate),
                "id": rate.pk,
                "policy": policy_text(rules[rate.pk].policy),
                "used": number,
                "remaining": None if number is None else max(0.0, rate.quota - number),
                "created_at": rate.created_at,
            }
        )
    return [dict(RateLimitSerializer(one).data) for one in told]


def _rate_terms(rate: RateLimit) -> dict[str, Any]:
    """Returns a rate limit as NewRateLimitSerializer takes one."""
    return {
        name: getattr(rate, name) for name in ("name", "quota", "window_s", "unit", "segment", "is_active")
    }


def _changed(stored: dict[str, Any], given: Any) -> Any:
    return stored | given if isinstance(given, dict) else given


def _said(serializer: Any, data: Any) -> dict[str, Any]:
    reader = serializer(data=data)
    reader.is_valid(raise_exception=True)
    said: dict[str, Any] = reader.validated_data
    return said


def _channels(organization: Organization, said: dict[str, Any]) -> list[Channel]:
    found = list(channels(organization.pk).filter(pk__in=said["channels"]))
    if len(found) < len({*said["channels"]}):
        raise ValidationError({"channels": ["There is no channel with one of these ids."]})
    return found


def _organization(request: ApiRequest) -> Organization:
    caller: Any = request.user  # an accounts_app.authentication.ApiCaller: the permission saw to it
    organization: Organization = caller.organization
    return organization


def _budget(request: ApiRequest, id: int) -> Budget:
    try:
        return queries.budget_of(organization_id(request), id)
    except queries.BudgetNotFound as error:
        raise NotFound("There is no budget with this id.") from error


def _rate(request: ApiRequest, id: int) -> RateLimit:
    try:
        return queries.rate_limit_of(organization_id(request), id)
    except queries.RateLimitNotFound as error:
        raise NotFound("There is no rate limit with this id.") from error
