-- quantiles_of_rows: p75, p90, p95 and p99 of a column of requests, by bar (0 is the first).
-- params: edges timestamptz[]; those of the rows. To be filled in: rows, a SELECT of created_at and the column; column.
SELECT
    width_bucket(created_at, %s::timestamptz[]) - 1 AS bar,
    percentile_cont(ARRAY[0.75, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY {column})
FROM ({rows}) AS one_row
WHERE {column} IS NOT NULL
GROUP BY bar
