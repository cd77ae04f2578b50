-- Steps of a run that are no call of a model, and which step each was made by: trees of sessions are built of these.
ALTER TABLE request
    ADD COLUMN kind           text NOT NULL DEFAULT '',  -- '' a call of a model; else one of ingest_app.events.SpanKind
    ADD COLUMN span_name      text NOT NULL DEFAULT '',
    ADD COLUMN trace_id       text NOT NULL DEFAULT '',  -- as the client's tracer made it; lower-case hex for OTLP
    ADD COLUMN span_id        text NOT NULL DEFAULT '',
    ADD COLUMN parent_span_id text NOT NULL DEFAULT '';  -- '': a root, or no tracer

-- queries.list_requests, filtered by kind
CREATE INDEX request_kind_idx ON request (organization_id, kind, created_at, id) WHERE kind <> '';
