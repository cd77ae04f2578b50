-- The values that columns and properties of requests have (ingest_app.known_values): a piece of text is looked for in
-- these instead of in all rows, and what is typed can be completed.
CREATE TABLE known_value (
    organization_id  bigint NOT NULL,
    field            text   NOT NULL,  -- a column of request, or 'properties.' and a name
    value            text   NOT NULL,
    last_day         date   NOT NULL,  -- on which a row with it was written
    PRIMARY KEY (organization_id, field, value)
);

CREATE TABLE known_field (
    organization_id  bigint  NOT NULL,
    field            text    NOT NULL,
    value_count      bigint  NOT NULL,
    is_complete      boolean NOT NULL DEFAULT true,  -- false: it has more values than are kept
    PRIMARY KEY (organization_id, field)
);

-- What is stored already. The numbers are those of ingest_app.known_values.
INSERT INTO known_value (organization_id, field, value, last_day)
SELECT DISTINCT organization_id, held.field, held.value, current_date
FROM request
CROSS JOIN LATERAL (
    VALUES ('provider', provider), ('model', model), ('user_id', user_id), ('session_name', session_name),
           ('error', error), ('kind', kind)
    UNION ALL
    SELECT 'properties.' || name, text FROM jsonb_each_text(properties) AS property (name, text)
) AS held (field, value)
WHERE (held.value <> '' OR held.field LIKE 'properties.%') AND length(held.value) <= 500;

INSERT INTO known_field (organization_id, field, value_count, is_complete)
SELECT organization_id, field, count(*), count(*) <= 100000
FROM known_value GROUP BY organization_id, field;

-- Values too long to be kept.
INSERT INTO known_field (organization_id, field, value_count, is_complete)
SELECT DISTINCT organization_id, 'properties.' || name, 0, false
FROM request CROSS JOIN LATERAL jsonb_each_text(properties) AS property (name, text)
WHERE length(text) > 500
ON CONFLICT (organization_id, field) DO UPDATE SET is_complete = false;
