-- users_engagement: how many users made so many requests per day (UTC) on which they made any.
-- params: those of the sources; limits numeric[]: where the classes after the first begin.
-- To be filled in: sources, SELECTs of a moment, a value and requests.
SELECT class, count(*)
FROM (
    SELECT width_bucket(sum(requests) / count(*), %s::numeric[]) AS class
    FROM (
        SELECT value, sum(requests) AS requests
        FROM ({sources}) AS source
        GROUP BY value, (moment AT TIME ZONE 'UTC')::date
    ) AS of_day
    GROUP BY value
) AS of_user
GROUP BY class
