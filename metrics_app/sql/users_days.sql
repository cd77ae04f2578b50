-- users_days: on how many days (UTC) each of a few users came.
-- params: those of the sources; users text[]. To be filled in: sources, SELECTs of a moment and a value.
SELECT value, count(DISTINCT (moment AT TIME ZONE 'UTC')::date)
FROM ({sources}) AS source
WHERE value = ANY (%s)
GROUP BY value
