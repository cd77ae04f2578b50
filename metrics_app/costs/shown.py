"""From the numbers to what stands on the Cost page."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import QueryDict
from django.urls import reverse

from accounts_app.models import Organization
from helicone_site.time_limit import TooSlow
from metrics_app.costs import calendar, cards, drawn, table
from metrics_app.costs.breakdown import Breakdown
from metrics_app.costs.forecast import Forecast
from metrics_app.costs.months import Months
from metrics_app.costs.unpriced import UNPRICED, unpriced_models
from metrics_app.dashboard.narrowing import label_of
from metrics_app.drawing import ChartCard
from metrics_app.page import TOO_SLOW
from metrics_app.scope import Scope
from requests_app.charts import Chart
from requests_app.filters import FilterError

MOST_UNPRICED = 5
T = TypeVar("T")


class CostPage:
    """What the Cost page of `organization` shows at the address with `query`."""

    def __init__(self, organization: Organization, query: QueryDict, breakdown: Breakdown, months: Months):
        pass
