-- metrics_helicone_totals: for ClickHouse, the figures of all stat cards at once. To be filled in: where; quantiles, the
-- function, which may be an exact one.
SELECT
    count(*) AS requests, sum(cost) AS cost, sum(prompt_tokens) AS prompt_tokens,
    sum(completion_tokens) AS completion_tokens, countIf(prompt_cache_read_tokens > 0) AS cache_hits,
    count(DISTINCT nullIf(user_id, '')) AS users,
    {quantiles}(0.5, 0.95, 0.99)(latency) AS latency, {quantiles}(0.5, 0.95, 0.99)(time_to_first_token) AS first_token
FROM bench.request_response_rmt
WHERE ({where})
