-- new_rows_of_sessions: for summed_sessions, the rows of a batch that were new; one that comes again in it, once.
-- params: created_ats timestamptz[], ids uuid[]: of the new rows, which request_staging still holds.
SELECT DISTINCT ON (organization_id, created_at, id)
    organization_id, session_id, session_name, created_at, status, kind, model, user_id, latency_ms, cost_nanodollars,
    prompt_tokens, completion_tokens
FROM request_staging
JOIN unnest(%(created_ats)s::timestamptz[], %(ids)s::uuid[]) AS new (created_at, id) USING (created_at, id)
WHERE session_id <> ''
