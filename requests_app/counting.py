"""How many requests match, at once: exactly when they are few, else about."""

import json
from typing import Any

from django.db.models import QuerySet

from requests_app.filters import RequestFilter
from requests_app.queries import COUNTED_AT_MOST, Count, RequestPage, count_about, requests_of


def count_at_once(*, organization_id: int, filters: RequestFilter, page: RequestPage | None = None) -> Count:
    """Returns the exact count of few rows, and what the planner expects of many. Raises FilterError.

    `page` is one of them, if it is known. Of a search of bodies it is otherwise how many may hold it.
    """
    if page is not None and page.next_cursor is None and page.previous_cursor is None:
        return Count(len(page.rows), exact=True)
    rows = requests_of(organization_id)
    count = count_about(organization_id=organization_id, filters=filters)
    if filters.searches:
        value = count.value
        if not count.exact:
            # The planner knows nothing of words in bodies: the newest rows stand for all.
            walked = filters.narrow_but_searches(rows, organization_id=organization_id)
            value = int(round(value * planned_rows(walked) / COUNTED_AT_MOST, -1))
        return Count(max(value, len(page.rows) if page else 0), exact=False)
    if count.exact:
        return count
    planned = planned_rows(filters.narrow(rows, organization_id=organization_id))
    return Count(max(COUNTED_AT_MOST, round(planned, -3)), exact=False)


def planned_rows(matching: QuerySet[Any]) -> int:
    """Returns how many rows the planner expects."""
    plan = json.loads(matching.values("organization_id").order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])
