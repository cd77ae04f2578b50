"""How many requests match, at once: exactly when they are few, else about."""

import json

from requests_app.filters import RequestFilter
from requests_app.queries import COUNTED_AT_MOST, Count, RequestPage, count_about, requests_of


def count_at_once(*, organization_id: int, filters: RequestFilter, page: RequestPage | None = None) -> Count:
    """Returns the exact count of few rows, and what the planner expects of many. Raises FilterError.

    `page` is one of them, if it is known. Of a search of bodies it is otherwise how many may hold it.
    """
    if page is not None and page.next_cursor is None and page.previous_cursor is None:
        return Count(len(page.rows), exact=True)
    count = count_about(organization_id=organization_id, filters=filters)
    if filters.searches:  # of words in bodies the planner knows nothing
        return Count(count.value, exact=False)
    if count.exact:
        return count
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    plan = json.loads(matching.values("id").order_by().explain(format="json"))
    return Count(max(COUNTED_AT_MOST, round(plan[0]["Plan"]["Plan Rows"], -3)), exact=False)
