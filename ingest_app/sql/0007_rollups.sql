-- Sums of requests per quarter of an hour, hour and day (UTC), kept by ingest_app.rollups.
--
-- A dimension is '' (all requests), 'user', 'error', or 'properties.' and a name; its value is what the row has there.
-- Each row of a rollup is also of one provider, model, status and kind, so that filters by those combine with one more.
-- The key columns hold at most ingest_app.rollups.tables.MAX_CHARACTERS of what a request says.

-- Of all requests: per quarter of an hour ('q'; half an hour is what some clocks are apart), hour ('h') and day ('d'). Of
-- dimensions with few values: per hour and day. A sum that is NULL is 0, which most of them are and which costs nothing so.
CREATE TABLE rollup (
    organization_id     bigint      NOT NULL,
    dimension           text        NOT NULL,
    value               text        NOT NULL,
    grain               text        NOT NULL CHECK (grain IN ('q', 'h', 'd')),
    bucket              timestamptz NOT NULL,  -- its beginning
    provider            text        NOT NULL,
    model               text        NOT NULL,
    status              smallint    NOT NULL,
    kind                text        NOT NULL,
    requests            bigint      NOT NULL,
    priced              bigint,  -- requests with a cost
    unpriced            bigint,  -- requests with tokens and no known price
    prompt_tokens       bigint,
    completion_tokens   bigint,
    cache_read_tokens   bigint,
    cache_write_tokens  bigint,
    reasoning_tokens    bigint,
    audio_tokens        bigint,  -- of prompts and of completions
    cache_hits          bigint,  -- requests that read the provider's prompt cache
    latency_sum_ms      bigint,
    first_tokens        bigint,  -- requests with a time to first token
    first_token_sum_ms  bigint,
    streamed_tokens     bigint,  -- completion tokens of those that took time after the first
    streaming_sum_ms    bigint,  -- and the time that they took
    cost_nanodollars    numeric,
    saved_nanodollars   numeric,  -- what cache reads would have cost more as ordinary prompt tokens
    PRIMARY KEY (organization_id, dimension, value, grain, bucket, provider, model, status, kind)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Of dimensions with many values: per day, so that a period is read without all others.
CREATE TABLE rollup_value (LIKE rollup INCLUDING CONSTRAINTS)
    WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE rollup_value
    ADD PRIMARY KEY (organization_id, dimension, grain, bucket, value, provider, model, status, kind);

-- How latencies spread, and who was seen: of model calls only, and of one dimension alone, which here may also be
-- 'provider', 'model' or 'status'. See ingest_app.rollups.spread for what the columns hold.
CREATE TABLE rollup_spread (
    organization_id bigint      NOT NULL,
    dimension       text        NOT NULL,
    value           text        NOT NULL,
    grain           text        NOT NULL CHECK (grain IN ('q', 'h', 'd')),
    bucket          timestamptz NOT NULL,
    latency         numeric     NOT NULL,
    first_token     numeric,
    users           bit(12288),
    sessions        bit(12288),
    PRIMARY KEY (organization_id, dimension, value, grain, bucket)
) WITH (fillfactor = 90, toast_tuple_target = 128, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Nearly all of them is zeros: compressed however small a row is, and kept in it.
ALTER TABLE rollup_spread
    ALTER latency SET STORAGE MAIN,
    ALTER first_token SET STORAGE MAIN,
    ALTER users SET STORAGE MAIN,
    ALTER sessions SET STORAGE MAIN;

-- rebuilding: all of a day. Rows come in about this order, so that a small index will do.
CREATE INDEX rollup_bucket_idx ON rollup USING brin (bucket);
CREATE INDEX rollup_value_bucket_idx ON rollup_value USING brin (bucket);
CREATE INDEX rollup_spread_bucket_idx ON rollup_spread USING brin (bucket);

-- Dimensions with so many values that they are in rollup_value.
CREATE TABLE rollup_wide (
    organization_id bigint NOT NULL,
    dimension       text   NOT NULL,
    PRIMARY KEY (organization_id, dimension)
);

-- Until when (exclusive) the rows of an organization are in its sums.
CREATE TABLE rollup_progress (
    organization_id bigint      PRIMARY KEY,
    folded_until    timestamptz NOT NULL
);

-- Days (UTC) whose sums are to be made anew from the rows (ingest_app.rollups.rebuilding).
CREATE TABLE rollup_stale (
    organization_id bigint NOT NULL,
    day             date   NOT NULL,
    PRIMARY KEY (organization_id, day)
);

-- What one value adds to a histogram: see ingest_app.rollups.spread.
CREATE TABLE histogram_bin (
    bin    integer PRIMARY KEY,
    weight numeric NOT NULL
);
INSERT INTO histogram_bin SELECT bin, ('1' || repeat('0', 12 * bin))::numeric FROM generate_series(0, 1100) AS bin;
