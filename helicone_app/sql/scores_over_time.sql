-- scores_over_time: how many scores of each name there are in each bar, and what they are; bars without are left out.
-- params: step, such as hour; seconds that the clock is behind UTC; those of the scores.
-- To be filled in: scores, a SELECT of created_at, name and value.
SELECT
    (date_trunc(clock.step, created_at AT TIME ZONE 'UTC' - clock.behind) + clock.behind) AT TIME ZONE 'UTC' AS begins_at,
    name, count(*), avg(value), min(value), max(value)
FROM (SELECT %s::text AS step, make_interval(secs => %s) AS behind) AS clock CROSS JOIN ({scores}) AS scores
GROUP BY begins_at, name
ORDER BY begins_at, name
