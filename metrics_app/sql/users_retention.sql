-- users_retention: of the users first seen in each bar, how many were seen in each bar since. Bar 0, all that came
-- before, is left out.
-- params: edges timestamptz[]; those of the sources. To be filled in: sources, SELECTs of a moment and a value.
WITH seen AS MATERIALIZED (
    SELECT value, width_bucket(moment, %s::timestamptz[]) - 1 AS bar
    FROM ({sources}) AS source
    GROUP BY value, bar
), begun AS (
    SELECT value, min(bar) AS first_bar FROM seen GROUP BY value HAVING min(bar) > 0
)
SELECT first_bar, bar, count(*)
FROM begun JOIN seen USING (value)
GROUP BY first_bar, bar
