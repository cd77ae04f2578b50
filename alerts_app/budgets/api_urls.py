"""REST of budgets and rate limits, below /api/."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from alerts_app.budgets.api import BudgetViewSet, RateLimitViewSet

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

# Pages' log-in is not for programs: REST's own permission looks at the caller.
urlpatterns = [
    # budgets/
    path("budgets/", login_not_required(BudgetViewSet.as_view(_LIST)), name="api-budgets"),
    path("budgets/<int:id>/", login_not_required(BudgetViewSet.as_view(_ONE)), name="api-budget"),
    # rate-limits/
    path("rate-limits/", login_not_required(RateLimitViewSet.as_view(_LIST)), name="api-rate-limits"),
    path("rate-limits/<int:id>/", login_not_required(RateLimitViewSet.as_view(_ONE)), name="api-rate-limit"),
]
