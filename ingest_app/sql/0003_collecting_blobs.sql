-- Removing blobs while writers go on storing bodies that may use them (ingest_app.garbage).
ALTER TABLE blob_generation
    ADD COLUMN lost_bodies   boolean NOT NULL DEFAULT false,  -- bodies went since blobs were last collected
    ADD COLUMN is_collecting boolean NOT NULL DEFAULT false;  -- writers note in blob_touched what they use
-- garbage.places_to_collect
CREATE INDEX blob_generation_to_collect_idx ON blob_generation (organization_id, week)
    WHERE lost_bodies OR is_collecting;

-- Blobs that bodies stored during a collection use: the collector's list of blobs to remove is older than they are.
CREATE TABLE blob_touched (
    organization_id  bigint  NOT NULL,
    week             date    NOT NULL,
    id               uuid    NOT NULL,
    PRIMARY KEY (organization_id, week, id)
);

-- Objects that lost a blob row: deleted from the object store once no blob row names them.
CREATE TABLE loose_object (
    organization_id  bigint  NOT NULL,
    week             date    NOT NULL,
    object           uuid    NOT NULL,
    PRIMARY KEY (organization_id, week, object)
);
