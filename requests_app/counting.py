"""How many requests match, at once: exactly when they are few, else about."""

import json

from requests_app.filters import RequestFilter
from requests_app.queries import COUNTED_AT_MOST, Count, count_about, requests_of


def count_at_once(*, organization_id: int, filters: RequestFilter) -> Count:
    """Returns the exact count of few rows, and what the planner expects of many. Raises FilterError."""
    count = count_about(organization_id=organization_id, filters=filters)
    # Of words in bodies the planner knows nothing.
    if count.exact or filters.searches:
        return count
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    plan = json.loads(matching.values("id").order_by().explain(format="json"))
    return Count(max(COUNTED_AT_MOST, round(plan[0]["Plan"]["Plan Rows"], -3)), exact=False)
