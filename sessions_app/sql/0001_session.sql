-- One row per session: what its rows of `request` add up to. Kept by ingest_app.session_rows in the transaction that
-- stores those; tag and feedback are people's (sessions_app.actions).
CREATE TABLE session (
    organization_id   bigint      NOT NULL,
    session_id        text        NOT NULL,
    key               uuid        NOT NULL GENERATED ALWAYS AS (md5(session_id)::uuid) STORED,  -- the id, shorter: breaks ties
    name              text        NOT NULL,  -- the latest that a request said; '' when none did
    name_at           timestamptz,           -- when that request came; of several at once the largest name counts
    first_at          timestamptz NOT NULL,  -- the first request came
    last_at           timestamptz NOT NULL,  -- the last one came
    ended_at          timestamptz NOT NULL,  -- the latest end of any: when it came and its latency
    duration_ms       bigint      NOT NULL
        GENERATED ALWAYS AS (round(extract(epoch FROM ended_at - first_at) * 1000)::bigint) STORED,
    last_status       smallint    NOT NULL,  -- of the last request; of several at once the largest
    requests          integer     NOT NULL,  -- all steps
    model_calls       integer     NOT NULL,  -- those that called a model
    errors            integer     NOT NULL,
    unpriced          integer     NOT NULL,  -- steps with tokens and no known price
    cost_nanodollars  bigint      NOT NULL,  -- of all others
    prompt_tokens     bigint      NOT NULL,
    completion_tokens bigint      NOT NULL,
    tokens            bigint      NOT NULL GENERATED ALWAYS AS (prompt_tokens + completion_tokens) STORED,
    latency_sum_ms    bigint      NOT NULL,
    user_ids          text[]      NOT NULL,  -- distinct and in order; the first 50
    models            text[]      NOT NULL,  -- likewise
    tag               text        NOT NULL DEFAULT '',
    feedback          smallint,              -- 1 thumb up, 0 thumb down; NULL: none given
    PRIMARY KEY (organization_id, session_id)
) WITH (
    -- Each batch of the writer changes indexed columns of the sessions that run, so no update is HOT; the room keeps
    -- the versions of a row on its page, and vacuum comes soon.
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02
);

-- queries.list_sessions, newest first
CREATE INDEX session_first_at_idx ON session (organization_id, first_at, key);
-- queries.list_sessions, of a period (those that were at work in it), and sorted by when they were
CREATE INDEX session_last_at_idx ON session (organization_id, last_at, first_at, key);
-- queries.list_sessions, filtered and sorted by name; queries.list_names, and the values of known_values
CREATE INDEX session_name_idx ON session (organization_id, name, first_at, key);
-- queries.list_sessions, filtered and sorted by cost
CREATE INDEX session_cost_idx ON session (organization_id, cost_nanodollars, first_at, key);
-- queries.list_sessions, filtered and sorted by duration
CREATE INDEX session_duration_idx ON session (organization_id, duration_ms, first_at, key);
-- queries.list_sessions, filtered and sorted by requests
CREATE INDEX session_requests_idx ON session (organization_id, requests, first_at, key);
-- queries.list_sessions, filtered and sorted by errors
CREATE INDEX session_errors_idx ON session (organization_id, errors, first_at, key);
-- queries.list_sessions, filtered and sorted by tokens
CREATE INDEX session_tokens_idx ON session (organization_id, tokens, first_at, key);
-- queries.list_sessions, filtered by user
CREATE INDEX session_user_ids_idx ON session USING gin (user_ids);
-- queries.list_sessions, filtered by model
CREATE INDEX session_models_idx ON session USING gin (models);
-- queries.list_sessions, filtered by tag. Sessions begin without, so that the writer pays nothing for it.
CREATE INDEX session_tag_idx ON session (organization_id, tag, first_at, key) WHERE tag <> '';
-- queries.list_sessions, filtered by feedback; likewise
CREATE INDEX session_feedback_idx ON session (organization_id, feedback, first_at, key) WHERE feedback IS NOT NULL;

-- Sessions some of whose rows were deleted: to be summed anew (ingest_app.session_rows.mend).
CREATE TABLE stale_session (
    organization_id bigint NOT NULL,
    session_id      text   NOT NULL,
    PRIMARY KEY (organization_id, session_id)
);

-- Weeks that were dropped, and whose sessions are not in stale_session yet.
CREATE TABLE dropped_week (
    week date PRIMARY KEY  -- its Monday
);

-- What was logged before there were sessions.
INSERT INTO session (
    organization_id, session_id, name, name_at, first_at, last_at, ended_at, last_status, requests, model_calls,
    errors, unpriced, cost_nanodollars, prompt_tokens, completion_tokens, latency_sum_ms, user_ids, models
)
SELECT
    organization_id,
    session_id,
    coalesce((array_agg(session_name ORDER BY created_at DESC, session_name DESC) FILTER (WHERE session_name <> ''))[1], ''),
    max(created_at) FILTER (WHERE session_name <> ''),
    min(created_at),
    max(created_at),
    max(created_at + latency_ms * interval '1 millisecond'),
    (array_agg(status ORDER BY created_at DESC, status DESC))[1],
    count(*),
    count(*) FILTER (WHERE kind = ''),
    count(*) FILTER (WHERE status >= 400 OR status < 0),
    count(*) FILTER (WHERE cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL),
    least(coalesce(sum(cost_nanodollars), 0), 9223372036854775807)::bigint,
    coalesce(sum(prompt_tokens), 0),
    coalesce(sum(completion_tokens), 0),
    sum(latency_ms),
    coalesce((array_agg(DISTINCT user_id ORDER BY user_id) FILTER (WHERE user_id <> ''))[1:50], '{}'),
    coalesce((array_agg(DISTINCT model ORDER BY model) FILTER (WHERE kind = ''))[1:50], '{}')
FROM request
WHERE session_id <> ''
GROUP BY organization_id, session_id;
