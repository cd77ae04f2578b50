-- What many bodies share (messages, tools, images), once per organization and week. Written and read by
-- ingest_app.bodies only; rows that no body names any more are removed by retention.

-- All slices that the two bodies are made of, in order: those of the request, then those of the response.
ALTER TABLE body ADD COLUMN blob_ids uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE body ALTER COLUMN blob_ids SET STORAGE EXTERNAL;  -- hashes: nothing to compress

CREATE TABLE blob (
    organization_id  bigint   NOT NULL,
    week             date     NOT NULL,  -- the Monday (UTC) of the bodies that use it, so that weeks go alone
    id               uuid     NOT NULL,  -- the first half of the SHA-256 of the bytes
    data             bytea,              -- zstd; NULL: in an object
    object           uuid,               -- the object that has it, with others; NULL: in data
    object_offset    integer,
    object_length    integer,            -- bytes of zstd in the object
    PRIMARY KEY (organization_id, week, id),
    CONSTRAINT blob_is_in_one_place CHECK (
        num_nonnulls(data, object) = 1
        AND num_nonnulls(object, object_offset, object_length) IN (0, 3)
    )
) PARTITION BY RANGE (week);
ALTER TABLE blob ALTER COLUMN data SET STORAGE EXTERNAL;  -- compressed already: do not try again

-- Raised before blobs of the week are deleted, so that no writer trusts what it remembers of them. A week without
-- a row is at generation 0.
CREATE TABLE blob_generation (
    organization_id  bigint  NOT NULL,
    week             date    NOT NULL,
    generation       bigint  NOT NULL,
    PRIMARY KEY (organization_id, week)
);
