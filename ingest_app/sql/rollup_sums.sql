-- rollup_sums: adds what rows come to to `rollup`, per quarter of an hour, hour and day; dimensions with many values to `rollup_value`, per
-- day. In the order of the keys, so that two writers with the same keys wait for each other and do not deadlock.
-- To be filled in: rows, one of rollup_new_rows, rollup_changed_row and rollup_stored_rows; measures: rollup_measures;
-- columns, summed, added: names of the sums, and how they are added; most: the characters of a key.
WITH one_row AS MATERIALIZED (
    {rows}
), counted AS (
    SELECT
        organization_id,
        date_bin('15 minutes', created_at, '1970-01-01 00:00+00') AS quarter,
        left(provider, {most}) AS provider,
        left(model, {most}) AS model,
        status,
        kind,
        user_id,
        error,
        properties,
        {measures}
    FROM one_row
), in_dimension AS (
    SELECT counted.*, of_row.dimension = 'user' OR wide.dimension IS NOT NULL AS is_wide, of_row.dimension, of_row.value
    FROM counted
    CROSS JOIN LATERAL (
        SELECT '' AS dimension, '' AS value
        UNION ALL SELECT 'user', left(user_id, {most}) WHERE user_id <> ''
        UNION ALL SELECT 'error', left(error, {most}) WHERE error <> ''
        UNION ALL
        SELECT left('properties.' || name, {most}), left(property.value, {most})
        FROM jsonb_each_text(properties) AS property (name, value)
    ) AS of_row
    LEFT JOIN rollup_wide AS wide
        ON wide.organization_id = counted.organization_id AND wide.dimension = of_row.dimension
), quarterly AS MATERIALIZED (
    SELECT organization_id, dimension, value, quarter, provider, model, status, kind, {summed}
    FROM in_dimension
    WHERE dimension = ''
    GROUP BY organization_id, dimension, value, quarter, provider, model, status, kind
), hourly AS MATERIALIZED (
    SELECT
        organization_id, is_wide, dimension, value,
        date_bin('1 hour', quarter, '1970-01-01 00:00+00') AS hour, provider, model, status, kind, {summed}
    FROM in_dimension
    GROUP BY organization_id, is_wide, dimension, value, hour, provider, model, status, kind
), daily AS MATERIALIZED (
    SELECT
        organization_id, is_wide, dimension, value,
        date_bin('1 day', hour, '1970-01-01 00:00+00') AS day, provider, model, status, kind, {summed}
    FROM hourly
    GROUP BY organization_id, is_wide, dimension, value, day, provider, model, status, kind
), narrow AS (
    INSERT INTO rollup AS kept (
        organization_id, dimension, value, grain, bucket, provider, model, status, kind, {columns}
    )
    SELECT organization_id, dimension, value, grain, bucket, provider, model, status, kind, {columns}
    FROM (
        SELECT organization_id, dimension, value, 'q' AS grain, quarter AS bucket, provider, model, status, kind, {columns}
        FROM quarterly
        UNION ALL
        SELECT organization_id, dimension, value, 'h', hour, provider, model, status, kind, {columns}
        FROM hourly WHERE NOT is_wide
        UNION ALL
        SELECT organization_id, dimension, value, 'd', day, provider, model, status, kind, {columns}
        FROM daily WHERE NOT is_wide
    ) AS all_grains
    ORDER BY organization_id, dimension, value, grain, bucket, provider, model, status, kind
    ON CONFLICT (organization_id, dimension, value, grain, bucket, provider, model, status, kind) DO UPDATE
    SET {added}
)
INSERT INTO rollup_value AS kept (
    organization_id, dimension, value, grain, bucket, provider, model, status, kind, {columns}
)
SELECT organization_id, dimension, value, 'd', day, provider, model, status, kind, {columns}
FROM daily
WHERE is_wide
ORDER BY organization_id, dimension, day, value, provider, model, status, kind
ON CONFLICT (organization_id, dimension, grain, bucket, value, provider, model, status, kind) DO UPDATE
SET {added}
