-- stored_rows_of_sessions: for summed_sessions, all rows of some sessions.
-- params: organization_id; session_ids text[].
SELECT
    organization_id, session_id, session_name, created_at, status, kind, model, user_id, latency_ms, cost_nanodollars,
    prompt_tokens, completion_tokens
FROM request
WHERE organization_id = %(organization_id)s AND session_id = ANY (%(session_ids)s) AND session_id <> ''
