DROP INDEX request_kind_idx;
ALTER TABLE request
    DROP COLUMN kind,
    DROP COLUMN span_name,
    DROP COLUMN trace_id,
    DROP COLUMN span_id,
    DROP COLUMN parent_span_id;
