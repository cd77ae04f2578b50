DROP TABLE loose_object;
DROP TABLE blob_touched;
ALTER TABLE blob_generation DROP COLUMN lost_bodies, DROP COLUMN is_collecting;
