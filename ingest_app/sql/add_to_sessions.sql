-- add_to_sessions: adds a batch's new rows to their sessions. In the order of the key, so that two writers with the same
-- sessions wait for each other.
-- To be filled in: names of columns, and summed_sessions of new_rows_of_sessions, whose parameters are its only ones.
INSERT INTO session AS kept ({columns})
{summed}
ORDER BY organization_id, session_id
ON CONFLICT (organization_id, session_id) DO UPDATE SET
    name = CASE
        WHEN (coalesce(excluded.name_at, '-infinity'), excluded.name) > (coalesce(kept.name_at, '-infinity'), kept.name)
        THEN excluded.name ELSE kept.name
    END,
    name_at = greatest(kept.name_at, excluded.name_at),
    first_at = least(kept.first_at, excluded.first_at),
    last_at = greatest(kept.last_at, excluded.last_at),
    ended_at = greatest(kept.ended_at, excluded.ended_at),
    last_status = CASE
        WHEN (excluded.last_at, excluded.last_status) > (kept.last_at, kept.last_status)
        THEN excluded.last_status ELSE kept.last_status
    END,
    requests = kept.requests + excluded.requests,
    model_calls = kept.model_calls + excluded.model_calls,
    errors = kept.errors + excluded.errors,
    unpriced = kept.unpriced + excluded.unpriced,
    cost_nanodollars = least(kept.cost_nanodollars::numeric + excluded.cost_nanodollars, 9223372036854775807)::bigint,
    prompt_tokens = kept.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = kept.completion_tokens + excluded.completion_tokens,
    latency_sum_ms = kept.latency_sum_ms + excluded.latency_sum_ms,
    user_ids = CASE
        WHEN kept.user_ids @> excluded.user_ids THEN kept.user_ids
        ELSE ARRAY(SELECT DISTINCT one FROM unnest(kept.user_ids || excluded.user_ids) AS one ORDER BY one LIMIT 50)
    END,
    models = CASE
        WHEN kept.models @> excluded.models THEN kept.models
        ELSE ARRAY(SELECT DISTINCT one FROM unnest(kept.models || excluded.models) AS one ORDER BY one LIMIT 50)
    END
