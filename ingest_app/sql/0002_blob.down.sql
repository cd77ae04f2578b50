-- Bodies stored since 0002 refer to blobs and cannot be read without them: they go.
DELETE FROM body WHERE blob_ids <> '{}';
DROP TABLE blob_generation;
DROP TABLE blob;
ALTER TABLE body DROP COLUMN blob_ids;
