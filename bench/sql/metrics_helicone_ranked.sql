-- metrics_helicone_ranked: for ClickHouse, as Helicone's getModelMetrics asks. To be filled in: key (what is ranked),
-- where, top (how many).
SELECT
    {key} AS name, count(*) AS total_requests, sum(completion_tokens) AS total_completion_tokens,
    sum(prompt_tokens) AS total_prompt_token, sum(cost) AS cost
FROM bench.request_response_rmt
WHERE ({where})
GROUP BY name
ORDER BY cost DESC
LIMIT {top}
