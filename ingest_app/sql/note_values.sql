-- note_values: keep the values that are new, or were last seen on an earlier day. What is there of this day is not even
-- locked, so that writers seldom wait for each other; they come in the order of the key, so that none deadlock.
-- params: organization_ids, fields, values: three arrays of one length; day; most: the most values of a field.
WITH missing AS (
    SELECT given.organization_id, given.field, given.value
    FROM unnest(%(organization_ids)s::bigint[], %(fields)s::text[], %(values)s::text[])
        AS given (organization_id, field, value)
    WHERE NOT EXISTS (
          SELECT FROM known_value AS known
          WHERE known.organization_id = given.organization_id AND known.field = given.field
            AND known.value = given.value AND known.last_day >= %(day)s
      )
      AND NOT EXISTS (
          SELECT FROM known_field AS known
          WHERE known.organization_id = given.organization_id AND known.field = given.field
            AND NOT known.is_complete
      )
    ORDER BY 1, 2, 3
), noted AS (
    INSERT INTO known_value (organization_id, field, value, last_day)
    SELECT organization_id, field, value, %(day)s FROM missing
    ON CONFLICT (organization_id, field, value) DO UPDATE
    SET last_day = greatest(known_value.last_day, excluded.last_day)
    RETURNING organization_id, field, xmax = 0 AS is_new
)
INSERT INTO known_field (organization_id, field, value_count, is_complete)
SELECT organization_id, field, count(*), count(*) <= %(most)s
FROM noted WHERE is_new GROUP BY organization_id, field ORDER BY organization_id, field
ON CONFLICT (organization_id, field) DO UPDATE
SET value_count = known_field.value_count + excluded.value_count,
    is_complete = known_field.is_complete
        AND known_field.value_count + excluded.value_count <= %(most)s
