-- metrics_export: requests of one organization, as metrics_helicone_insert reads them. What is not known is 0 there.
-- params: organization_id; since, until (half-open).
COPY (
    SELECT id, floor(extract(epoch FROM created_at) * 1000)::bigint, latency_ms, time_to_first_token_ms, status,
           provider, model, user_id, target_url, prompt_tokens, completion_tokens, coalesce(cache_read_tokens, 0),
           coalesce(cache_write_tokens, 0), coalesce(reasoning_tokens, 0), coalesce(cost_nanodollars, 0), properties
    FROM request
    WHERE organization_id = %(organization_id)s AND created_at >= %(since)s AND created_at < %(until)s
) TO STDOUT (FORMAT csv)
