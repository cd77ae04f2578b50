-- One row per logged request. Partitioned by week of created_at (Monday, UTC); every key begins with
-- organization_id, so that the table can be distributed by it.
CREATE TABLE request (
    organization_id         bigint      NOT NULL,
    created_at              timestamptz NOT NULL,  -- arrival
    id                      uuid        NOT NULL,  -- version 7, of the same time
    request_id              text        NOT NULL,  -- the client's own, may repeat; else the id
    api_key_id              bigint,                -- no foreign key: rows outlive keys
    provider                text        NOT NULL,
    model                   text        NOT NULL,  -- asked for, else answered, else 'unknown'
    request_model           text        NOT NULL,
    response_model          text        NOT NULL,
    path                    text        NOT NULL,
    target_url              text        NOT NULL,
    status                  smallint    NOT NULL,  -- HTTP; or -2 stream time-out, -3 cancelled, -100 broke off
    error                   text        NOT NULL,  -- short name, '' when none
    is_stream               boolean     NOT NULL,
    latency_ms              integer     NOT NULL,
    time_to_first_token_ms  integer,
    -- All input and all output; the following counts are parts of these two. NULL: not reported.
    prompt_tokens           integer,
    completion_tokens       integer,
    cache_read_tokens       integer,
    cache_write_tokens      integer,
    cache_write_1h_tokens   integer,
    reasoning_tokens        integer,
    prompt_audio_tokens     integer,
    completion_audio_tokens integer,
    cost_nanodollars        bigint,                -- NULL: price unknown
    price_id                bigint,                -- the prices that were used
    user_id                 text        NOT NULL,
    session_id              text        NOT NULL,
    session_path            text        NOT NULL,
    session_name            text        NOT NULL,
    properties              jsonb       NOT NULL,
    request_bytes           integer     NOT NULL,
    response_bytes          integer     NOT NULL,
    PRIMARY KEY (organization_id, created_at, id)
) PARTITION BY RANGE (created_at);

-- queries.list_requests, filtered by model
CREATE INDEX request_model_idx ON request (organization_id, model, created_at, id);
-- queries.list_requests, filtered by user
CREATE INDEX request_user_idx ON request (organization_id, user_id, created_at, id) WHERE user_id <> '';
-- queries.list_requests, filtered by session
CREATE INDEX request_session_idx ON request (organization_id, session_id, created_at, id) WHERE session_id <> '';
-- queries.find_request: by the client's own id, newest first
CREATE INDEX request_request_id_idx ON request (organization_id, request_id, created_at);
-- queries.list_requests, filtered by property
CREATE INDEX request_properties_idx ON request USING gin (properties jsonb_path_ops);
