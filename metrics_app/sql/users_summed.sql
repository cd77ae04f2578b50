-- users_summed: what the requests of each user add up to, a page of users in the order asked for; before them (row 0)
-- how many users there are and what those of all do.
-- params: those of the sources; a pattern, when `matching` has one; chosen text[], the only users of the page, in their
-- order (NULL: any), twice; at_most, skipped: how many users, and behind how many.
-- To be filled in: sources, SELECTs of a moment, a value, and measures; summed and added, the sums of measures, with and
-- without their names; measures; matching, a condition on `value`; days, on how many days (UTC) a user came; order.
WITH summed AS MATERIALIZED (
    SELECT value, {days} AS active_days, {summed}
    FROM ({sources}) AS source
    WHERE {matching}
    GROUP BY value
), page AS (
    SELECT value, array_position(%s::text[], value) AS place, active_days, {measures}
    FROM summed
    WHERE coalesce(value = ANY (%s::text[]), true)
    ORDER BY {order}, requests DESC, value
    LIMIT %s OFFSET %s
)
SELECT 0 AS row, NULL AS value, count(*), {added} FROM summed
UNION ALL
SELECT row_number() OVER (ORDER BY {order}, requests DESC, value), value, active_days, {measures} FROM page
ORDER BY row
