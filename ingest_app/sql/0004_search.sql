-- Body search (ingest_app.search): which words the bodies of a request have, as keyed hashes. Partitioned like body.
CREATE TABLE body_words (
    organization_id  bigint      NOT NULL,
    created_at       timestamptz NOT NULL,
    id               uuid        NOT NULL,
    words            integer[]   NOT NULL,
    PRIMARY KEY (organization_id, created_at, id)
) PARTITION BY RANGE (created_at);
ALTER TABLE body_words ALTER COLUMN words SET STORAGE EXTERNAL;  -- hashes: nothing to compress
-- requests_app.search. Of rare words; where a word is common, the rows are walked by time.
CREATE INDEX body_words_words_idx ON body_words USING gin (words);

-- Bodies that are not indexed yet, noted by the writer: 32 bytes each of organization, microseconds since the epoch
-- and id. One row is indexed in one transaction, which deletes it.
CREATE TABLE body_unindexed (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- below zero: stored before there was an index
    keys  bytea NOT NULL
);
ALTER TABLE body_unindexed ALTER COLUMN keys SET STORAGE EXTERNAL;  -- ids: little to compress, and soon deleted

INSERT INTO body_unindexed (id, keys) OVERRIDING SYSTEM VALUE
SELECT job - max(job) OVER () - 1, keys
FROM (
    SELECT
        job,
        string_agg(
            int8send(organization_id) || int8send((extract(epoch FROM created_at) * 1000000)::bigint) || uuid_send(id),
            ''::bytea ORDER BY created_at
        ) AS keys
    FROM (SELECT *, row_number() OVER (ORDER BY created_at) / 100 AS job FROM body) AS numbered
    GROUP BY job
) AS jobs;
