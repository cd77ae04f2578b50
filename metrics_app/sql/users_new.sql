-- users_new: how many users there were in each bar, and how many of them for the first time. Bar 0 is all that came
-- before, 1 the period before the one that is shown.
-- params: edges timestamptz[]; those of the sources. To be filled in: sources, SELECTs of a moment and a value.
-- Returns (bar, users, those whose first bar it is, and of these how many came in bar 2 or later, too).
WITH seen AS MATERIALIZED (
    SELECT value, width_bucket(moment, %s::timestamptz[]) - 1 AS bar
    FROM ({sources}) AS source
    GROUP BY value, bar
), spans AS (
    SELECT min(bar) AS first_bar, max(bar) AS last_bar FROM seen GROUP BY value
), of_bar AS (
    SELECT bar, count(*) AS users FROM seen GROUP BY bar
), begun AS (
    SELECT first_bar AS bar, count(*) AS new, count(*) FILTER (WHERE last_bar >= 2) AS came FROM spans GROUP BY first_bar
)
SELECT bar, users, coalesce(new, 0), coalesce(came, 0)
FROM of_bar LEFT JOIN begun USING (bar)
ORDER BY bar
