-- users_page: a page of users in the order asked for; before them (row 0) how many users there are and what the requests
-- of all add up to.
-- params: those of the users; chosen text[], the only users of the page, in their order (NULL: any), twice; at_most,
-- skipped: how many users, and behind how many.
-- To be filled in: users, a SELECT as of users_summed; measures and added, the names of measures and their sums; order.
WITH users AS MATERIALIZED (
    {users}
), page AS (
    SELECT *, array_position(%s::text[], value) AS place
    FROM users
    WHERE coalesce(value = ANY (%s::text[]), true)
    ORDER BY {order}, requests DESC, value
    LIMIT %s OFFSET %s
)
SELECT 0 AS row, NULL AS value, count(*), {added} FROM users
UNION ALL
SELECT row_number() OVER (ORDER BY {order}, requests DESC, value), value, active_days, {measures} FROM page
ORDER BY row
