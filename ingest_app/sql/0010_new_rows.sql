-- new_row_reader: who is told of an organization's new requests. Few rows; the writer looks here with each batch.
CREATE TABLE new_row_reader (
    organization_id  bigint NOT NULL,
    reader           text   NOT NULL,
    PRIMARY KEY (organization_id, reader)
);

-- new_row: requests that a reader has not been told of yet, put in by the transaction that stores them. The reader
-- deletes what it takes, in the transaction that does something about it. ingest_app.new_rows has both ends.
CREATE TABLE new_row (
    organization_id  bigint      NOT NULL,
    reader           text        NOT NULL,
    seq              bigint      GENERATED ALWAYS AS IDENTITY,
    created_at       timestamptz NOT NULL,
    id               uuid        NOT NULL,
    PRIMARY KEY (organization_id, reader, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
