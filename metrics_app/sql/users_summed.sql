-- users_summed: what the requests of each user add up to: a page of users in the order asked for, and all together.
-- params: those of the sources; a pattern, when `matching` has one; chosen text[], the only users of the page, in their
-- order (NULL: any); at_most, skipped: how many users, and behind how many.
-- To be filled in: sources, SELECTs of a moment, a value, a status, and SUMS; matching, a condition on `value`; days,
-- on how many days (UTC) a user came; order.
WITH summed AS MATERIALIZED (
    SELECT
        value, sum(requests)::bigint AS requests,
        coalesce(sum(requests) FILTER (WHERE status >= 400 OR status < 0), 0)::bigint AS errors,
        sum(cost_nanodollars) AS cost, sum(unpriced)::bigint AS unpriced,
        sum(prompt_tokens + completion_tokens)::bigint AS tokens, sum(latency_sum_ms)::bigint AS latency_sum_ms,
        {days} AS active_days
    FROM ({sources}) AS source
    WHERE {matching}
    GROUP BY value
), page AS (
    SELECT *, array_position(%s::text[], value) AS place
    FROM summed
    WHERE coalesce(value = ANY (%s::text[]), true)
    ORDER BY {order}, requests DESC, value
    LIMIT %s OFFSET %s
), whole AS (
    SELECT
        count(*) AS users, coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(errors), 0)::bigint AS errors,
        coalesce(sum(cost), 0) AS cost, coalesce(sum(unpriced), 0)::bigint AS unpriced,
        coalesce(sum(tokens), 0)::bigint AS tokens
    FROM summed
)
SELECT
    whole.*, page.value, page.requests, page.errors, page.cost, page.unpriced, page.tokens, page.latency_sum_ms
FROM whole LEFT JOIN page ON true
ORDER BY {order}, page.requests DESC, page.value
