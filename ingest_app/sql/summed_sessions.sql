-- summed_sessions: what rows of requests add up to, a row per session. Sums, extremes and the first names in order: so
-- that the parts of a session can be added up in any order (add_to_sessions).
SELECT
    organization_id,
    session_id,
    coalesce((array_agg(session_name ORDER BY created_at DESC, session_name DESC) FILTER (WHERE session_name <> ''))[1], '')
        AS name,
    max(created_at) FILTER (WHERE session_name <> '') AS name_at,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    max(created_at + latency_ms * interval '1 millisecond') AS ended_at,
    (array_agg(status ORDER BY created_at DESC, status DESC))[1] AS last_status,
    count(*) AS requests,
    count(*) FILTER (WHERE kind = '') AS model_calls,
    count(*) FILTER (WHERE status >= 400 OR status < 0) AS errors,
    count(*) FILTER (WHERE cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL) AS unpriced,
    -- What a client says that it paid is not to be more than a column holds.
    least(coalesce(sum(cost_nanodollars), 0), 9223372036854775807)::bigint AS cost_nanodollars,
    coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
    coalesce(sum(completion_tokens), 0) AS completion_tokens,
    sum(latency_ms) AS latency_sum_ms,
    coalesce((array_agg(DISTINCT user_id ORDER BY user_id) FILTER (WHERE user_id <> ''))[1:50], ARRAY[]::text[]) AS user_ids,
    coalesce((array_agg(DISTINCT model ORDER BY model) FILTER (WHERE kind = ''))[1:50], ARRAY[]::text[]) AS models
FROM ({rows}) AS one_row
GROUP BY organization_id, session_id
