-- hold_sessions: locks the rows of sessions in the order of the key, and makes those that are missing.
-- params: organization_id; session_ids text[].
INSERT INTO session AS held (
    organization_id, session_id, name, first_at, last_at, ended_at, last_status, requests, model_calls, errors, unpriced,
    cost_nanodollars, prompt_tokens, completion_tokens, latency_sum_ms, user_ids, models
)
SELECT %(organization_id)s, id, '', now(), now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
FROM unnest(%(session_ids)s::text[]) AS id
ORDER BY id
ON CONFLICT (organization_id, session_id) DO UPDATE SET requests = held.requests
