-- metrics_helicone_stacked: for ClickHouse, cost over time of the values with the highest, and of all others together.
-- To be filled in: time (the beginning of a bucket), key (what is stacked), where, top (how many).
WITH top AS (
    SELECT {key} AS name
    FROM bench.request_response_rmt
    WHERE ({where})
    GROUP BY name
    ORDER BY sum(cost) DESC
    LIMIT {top}
)
SELECT {time} AS created_at_trunc, if({key} IN (SELECT name FROM top), {key}, 'other') AS shown, sum(cost) AS cost
FROM bench.request_response_rmt
WHERE ({where})
GROUP BY created_at_trunc, shown
ORDER BY created_at_trunc ASC
