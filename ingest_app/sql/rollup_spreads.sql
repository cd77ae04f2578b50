-- rollup_spreads: adds the latencies of rows, and who was seen, to `rollup_spread`; model calls only.
-- To be filled in: rows, one of rollup_new_rows, rollup_changed_row and rollup_stored_rows; most: the characters of a key;
-- latency_bin, first_token_bin, user_place, session_place: expressions of ingest_app.rollups.spread.
WITH one_row AS MATERIALIZED (
    {rows}
), measured AS MATERIALIZED (
    SELECT
        organization_id,
        date_bin('15 minutes', created_at, '1970-01-01 00:00+00') AS quarter,
        left(provider, {most}) AS provider,
        left(model, {most}) AS model,
        status,
        properties,
        sign,
        {latency_bin} AS latency_bin,
        {first_token_bin} AS first_token_bin,
        -- Whoever was seen stays seen.
        CASE WHEN sign > 0 THEN {user_place} END AS user_place,
        CASE WHEN sign > 0 THEN {session_place} END AS session_place
    FROM one_row
    WHERE kind = ''
), in_dimension AS (
    SELECT
        measured.organization_id, dimension, value, quarter, sign, latency_bin, first_token_bin, user_place, session_place
    FROM measured
    CROSS JOIN LATERAL (
        SELECT '' AS dimension, '' AS value
        UNION ALL SELECT 'provider', provider
        UNION ALL SELECT 'model', model
        UNION ALL SELECT 'status', status::text
        UNION ALL
        SELECT left('properties.' || name, {most}), left(property.value, {most})
        FROM jsonb_each_text(properties) AS property (name, value)
    ) AS of_row
    WHERE (measured.organization_id, dimension) NOT IN (SELECT organization_id, dimension FROM rollup_wide)
), counted AS MATERIALIZED (
    -- Each of the four by itself: a row says one thing, and the other three are NULL.
    SELECT
        organization_id, dimension, value, bucket, latency_bin, first_token_bin, user_place, session_place,
        sum(sign) AS number
    FROM (
        -- Of all requests per quarter of an hour, of dimensions per hour.
        SELECT *, CASE WHEN dimension = '' THEN quarter ELSE date_bin('1 hour', quarter, '1970-01-01 00:00+00') END AS bucket
        FROM in_dimension
    ) AS in_bucket
    GROUP BY GROUPING SETS (
        (organization_id, dimension, value, bucket, latency_bin),
        (organization_id, dimension, value, bucket, first_token_bin),
        (organization_id, dimension, value, bucket, user_place),
        (organization_id, dimension, value, bucket, session_place)
    )
), finest AS MATERIALIZED (
    SELECT
        organization_id, dimension, value, bucket,
        coalesce(sum(number * latency_weight.weight), 0) AS latency,
        nullif(sum(number * first_token_weight.weight), 0) AS first_token,
        bit_or(set_bit(B'0'::bit(12288), user_place, 1)) AS users,
        bit_or(set_bit(B'0'::bit(12288), session_place, 1)) AS sessions
    FROM counted
    LEFT JOIN histogram_bin AS latency_weight ON latency_weight.bin = latency_bin
    LEFT JOIN histogram_bin AS first_token_weight ON first_token_weight.bin = first_token_bin
    GROUP BY organization_id, dimension, value, bucket
)
INSERT INTO rollup_spread AS kept (
    organization_id, dimension, value, grain, bucket, latency, first_token, users, sessions
)
SELECT organization_id, dimension, value, grain, bucket, latency, first_token, users, sessions
FROM (
    SELECT organization_id, dimension, value, 'q' AS grain, bucket, latency, first_token, users, sessions
    FROM finest WHERE dimension = ''
    UNION ALL
    SELECT
        organization_id, dimension, value, grain, date_bin(length, finest.bucket, '1970-01-01 00:00+00') AS bucket,
        sum(latency), sum(first_token), bit_or(users), bit_or(sessions)
    FROM finest CROSS JOIN (VALUES ('h', interval '1 hour'), ('d', interval '1 day')) AS coarser (grain, length)
    GROUP BY organization_id, dimension, value, grain, 5
) AS all_grains
ORDER BY organization_id, dimension, value, grain, bucket
ON CONFLICT (organization_id, dimension, value, grain, bucket) DO UPDATE SET
    latency = kept.latency + excluded.latency,
    first_token = nullif(coalesce(kept.first_token, 0) + coalesce(excluded.first_token, 0), 0),
    users = coalesce(kept.users | excluded.users, kept.users, excluded.users),
    sessions = coalesce(kept.sessions | excluded.sessions, kept.sessions, excluded.sessions)
