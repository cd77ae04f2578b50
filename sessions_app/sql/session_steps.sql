-- What the tree of a session needs of its requests, in the order of sessions_app.tree.Step: no bodies, no properties.
SELECT
    (extract(epoch FROM created_at) * 1000000)::bigint,
    id::text,
    latency_ms,
    time_to_first_token_ms,
    session_path,
    trace_id,
    span_id,
    parent_span_id,
    kind,
    span_name,
    model,
    provider,
    status,
    status >= 400 OR status < 0,
    cost_nanodollars,
    prompt_tokens,
    completion_tokens,
    cache_read_tokens,
    user_id
FROM request
WHERE organization_id = %(organization_id)s
    AND session_id = %(session_id)s
    AND session_id <> ''  -- so that the partial index serves, whatever the session is
    AND created_at BETWEEN %(first_at)s AND %(last_at)s
ORDER BY created_at, id
LIMIT %(at_most)s
