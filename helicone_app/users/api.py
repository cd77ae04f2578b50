"""`/v1/user/`: what the requests of users add up to."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.histograms import SQL, cut, histogram_rows, histograms
from helicone_app.scopes import scope_asked
from helicone_app.times import iso
from helicone_app.users.asked import (
    Narrowing,
    UserMetricsAskedSerializer,
    UserOverviewAskedSerializer,
    UsersAskedSerializer,
    order,
    period,
)
from helicone_app.users.serializers import (
    HeliconeUserOverviewSerializer,
    HeliconeUserPageSerializer,
    HeliconeUserSumsSerializer,
)
from helicone_app.view import HeliconeView, asked, ok, result
from helicone_site.formats import usd
from helicone_site.sql import load
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app.reading import ranking
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import USER
from metrics_app.users.listing import UserRow, has_any_user, list_users
from metrics_app.users.summing import summed_users
from requests_app.api_parameters import organization_id

MOST_USERS = 100
_SUMS = ("requests", "prompt_tokens", "completion_tokens", "cost_nanodollars")
_SPREADING = ("request_count", "user_cost")


class UserQueryView(HeliconeView):
    """Users."""

    @extend_schema(
        operation_id="helicone_user_query",
        request=UsersAskedSerializer,
        responses=result("HeliconeUserSumsOfMany", HeliconeUserSumsSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Those with most requests, or those named."""
        said = asked(UsersAskedSerializer, request)
        names = said.get("userIds")
        scope = scope_asked(organization_id(request), **period(said))
        found = ranking(
            scope.total(USER),
            order="requests",
            at_most=MOST_USERS if names is None else len(names),
            only=None if names is None else [name[:MAX_CHARACTERS] for name in names],
            measures=_SUMS,
        )
        return ok(
            [
                {
                    "user_id": name,
                    "count": sums.requests,
                    "prompt_tokens": sums.prompt_tokens,
                    "completion_tokens": sums.completion_tokens,
                    "cost": usd(sums.cost_nanodollars),
                    "cost_usd": usd(sums.cost_nanodollars),
                }
                for name, sums in found.rows
            ]
        )


class UserMetricsView(HeliconeView):
    """Users with all their figures."""

    @extend_schema(
        operation_id="helicone_user_metrics",
        request=UserMetricsAskedSerializer,
        responses=result("HeliconeUsers", HeliconeUserPageSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """A page of users."""
        said = asked(UserMetricsAskedSerializer, request)
        organization = organization_id(request)
        narrowing = said.get("filter") or Narrowing()
        page = list_users(
            scope=scope_asked(organization, narrowing.requests, **period(said)),
            condition=narrowing.users,
            sort=order(said),
            cursor=str(said["offset"]),
            at_most=said["limit"],
        )
        behind = timedelta(minutes=said["timeZoneDifferenceMinutes"])
        return ok(
            {
                "users": [_shown(row, behind) for row in page.rows],
                "count": page.whole.users,
                "hasUsers": has_any_user(organization),
            }
        )


class UserOverviewView(HeliconeView):
    """How users spread."""

    @extend_schema(
        operation_id="helicone_user_overview",
        request=UserOverviewAskedSerializer,
        responses=result("HeliconeUserSpread", HeliconeUserOverviewSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Histograms of their requests and costs, of all times."""
        said = asked(UserOverviewAskedSerializer, request)
        narrowing = said.get("filter") or Narrowing()
        lower, upper = cut(said)
        with at_one_moment():
            scope = scope_asked(organization_id(request), narrowing.requests)
            users = summed_users(scope, condition=narrowing.users)
            values = users and (load(SQL, "values_of_users").format(users=users[0]), users[1])
            found = histograms(values, lower=lower, upper=upper)
        return ok({name: histogram_rows(found.get(name)) for name in _SPREADING})


def _shown(row: UserRow, behind: timedelta) -> dict[str, Any]:
    sums = row.sums
    return {
        "id": row.user_id,
        "user_id": row.user_id,
        "active_for": row.active_days,
        "first_active": row.began_at and iso(row.began_at - behind),
        "last_active": row.last_at and iso(row.last_at - behind),
        "total_requests": sums.requests,
        "average_requests_per_day_active": row.requests_per_day,
        "average_tokens_per_request": sums.tokens / sums.requests,
        "total_prompt_tokens": sums.prompt_tokens,
        "total_completion_tokens": sums.completion_tokens,
        "cost": usd(sums.cost_nanodollars),
    }
