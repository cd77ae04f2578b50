-- metrics_helicone_over_time: for ClickHouse, as Helicone's getXOverTime asks. To be filled in: time (the beginning of a
-- bucket), groups and values (columns, each with a comma before it), names (of the groups likewise), where.
SELECT {time} AS created_at_trunc {groups} {values}
FROM bench.request_response_rmt
WHERE ({where})
GROUP BY created_at_trunc {names}
ORDER BY created_at_trunc ASC
