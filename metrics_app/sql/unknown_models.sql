-- unknown_models: which models the latest requests with tokens and without a price called. Reads request_unpriced_idx
-- and at most `most` rows.
-- params: organization_id; since timestamptz; most: how many requests; models: how many rows to return.
-- Returns the number of requests of all models, and per provider and model: requests, tokens in and out, the last time.
SELECT
    sum(count(*)) OVER () AS all_requests, provider, model, count(*) AS requests, sum(prompt_tokens)::bigint,
    sum(completion_tokens)::bigint, max(created_at)
FROM (
    SELECT provider, model, prompt_tokens, completion_tokens, created_at
    FROM request
    WHERE organization_id = %(organization_id)s AND created_at >= %(since)s
      AND cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL
    ORDER BY created_at DESC
    LIMIT %(most)s
) AS latest
GROUP BY provider, model
ORDER BY requests DESC, provider, model
LIMIT %(models)s
