-- Bodies of requests, apart from the rows that every list and total reads. Written and read by
-- ingest_app.bodies only. Partitioned like request.
CREATE TABLE body (
    organization_id  bigint      NOT NULL,
    created_at       timestamptz NOT NULL,
    id               uuid        NOT NULL,
    request_body     bytea,                 -- zstd; NULL: omitted
    response_body    bytea,                 -- zstd; NULL: omitted
    preview          text        NOT NULL,  -- one line of the last user message
    PRIMARY KEY (organization_id, created_at, id)
) PARTITION BY RANGE (created_at);
-- The bytes are compressed already: do not try again.
ALTER TABLE body ALTER COLUMN request_body SET STORAGE EXTERNAL, ALTER COLUMN response_body SET STORAGE EXTERNAL;
