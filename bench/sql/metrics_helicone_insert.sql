-- metrics_helicone_insert: for ClickHouse, the rows of a file that metrics_export wrote. To be filled in: its path.
INSERT INTO bench.request_response_rmt (
    request_id, response_id, organization_id, request_created_at, response_created_at, latency, time_to_first_token,
    status, provider, model, user_id, target_url, prompt_tokens, completion_tokens, prompt_cache_read_tokens,
    prompt_cache_write_tokens, reasoning_tokens, cost, properties
)
SELECT
    id, id, '00000000-0000-0000-0000-000000000001', fromUnixTimestamp64Milli(created_at_ms, 'UTC'),
    fromUnixTimestamp64Milli(created_at_ms + latency_ms, 'UTC'), latency_ms, time_to_first_token_ms,
    status, provider, model, user_id, target_url, prompt_tokens, completion_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, cost_nanodollars,
    JSONExtract(properties, 'Map(LowCardinality(String), String)')
FROM file(
    '{path}', 'CSV',
    'id UUID, created_at_ms Int64, latency_ms Int64, time_to_first_token_ms Nullable(Int64), status Int64,
     provider String, model String, user_id String, target_url String, prompt_tokens Nullable(Int64),
     completion_tokens Nullable(Int64), cache_read_tokens Int64, cache_write_tokens Int64, reasoning_tokens Int64,
     cost_nanodollars UInt64, properties String'
)
