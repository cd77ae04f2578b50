-- Keys of organizations, wrapped by the master key. Written and read by ingest_app.data_keys only.
CREATE TABLE organization_data_key (
    organization_id  bigint      NOT NULL,
    number           integer     NOT NULL,  -- what was encrypted says under which
    wrapped          bytea       NOT NULL,
    made_at          timestamptz NOT NULL,
    retired_at       timestamptz,           -- NULL: the current one
    PRIMARY KEY (organization_id, number)
);
-- data_keys: each organization has one current key, whoever makes it
CREATE UNIQUE INDEX organization_data_key_current ON organization_data_key (organization_id)
    WHERE retired_at IS NULL;

-- Of a body that is encrypted; then preview is empty.
ALTER TABLE body ADD COLUMN sealed_preview bytea;
ALTER TABLE body ALTER COLUMN sealed_preview SET STORAGE EXTERNAL;  -- nothing to compress

-- Words were hashed under keys made of HELICONE_SECRET_KEY itself: index all bodies again, behind new ones.
TRUNCATE body_words, body_unindexed;
INSERT INTO body_unindexed (id, keys) OVERRIDING SYSTEM VALUE
SELECT job - max(job) OVER () - 1, keys
FROM (
    SELECT
        job,
        string_agg(
            int8send(organization_id) || int8send((extract(epoch FROM created_at) * 1000000)::bigint) || uuid_send(id),
            ''::bytea ORDER BY created_at
        ) AS keys
    FROM (SELECT *, row_number() OVER (ORDER BY created_at) / 60 AS job FROM body) AS numbered
    GROUP BY job
) AS jobs;
