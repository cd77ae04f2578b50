-- binned_values: how values spread, by name, in at most ten bins; of those between two shares of each name's.
-- params: those of the values; lower and upper share, 0 to 1. To be filled in: values, a SELECT of name and value.
-- Returns (name, average of all, number of the bin, its least and its greatest value, how many values).
WITH given AS MATERIALIZED (
    SELECT name, value::double precision AS value FROM ({values}) AS one
), bounds AS (
    SELECT
        name,
        avg(value) AS average,
        percentile_cont(%s) WITHIN GROUP (ORDER BY value) AS lower,
        percentile_cont(%s) WITHIN GROUP (ORDER BY value) AS upper
    FROM given GROUP BY name
), kept AS (
    SELECT name, value, average FROM given JOIN bounds USING (name) WHERE value BETWEEN lower AND upper
), extents AS (
    SELECT name, min(value) AS smallest, max(value) AS largest, count(DISTINCT value) AS kinds FROM kept GROUP BY name
), placed AS (
    SELECT
        name, value, average,
        CASE
            WHEN kinds <= 10 THEN dense_rank() OVER (PARTITION BY name ORDER BY value)
            ELSE least(width_bucket(value, smallest, largest, 10), 10)
        END AS bin
    FROM kept JOIN extents USING (name)
)
SELECT name, average, bin, min(value), max(value), count(*)
FROM placed
GROUP BY name, average, bin
ORDER BY name, bin
