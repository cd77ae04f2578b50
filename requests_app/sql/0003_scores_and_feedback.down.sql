DROP INDEX request_property_names_idx, request_error_idx;
ALTER TABLE request
    DROP COLUMN feedback,
    DROP COLUMN scores;
