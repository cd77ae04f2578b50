-- What people and programs say of an answer afterwards, and indexes for filters that find few rows.
ALTER TABLE request
    ADD COLUMN feedback smallint,                     -- 1 thumb up, 0 thumb down; NULL: none given
    ADD COLUMN scores   jsonb NOT NULL DEFAULT '{}';  -- numbers by name

-- queries.list_requests, filtered by feedback. Rows are written without, so that the writer pays nothing for it.
CREATE INDEX request_feedback_idx ON request (organization_id, created_at, id) WHERE feedback IS NOT NULL;
-- queries.list_requests, filtered by score; likewise.
CREATE INDEX request_scores_idx ON request (organization_id, created_at, id) WHERE scores <> '{}';
-- queries.list_requests, filtered by an error's status
CREATE INDEX request_error_idx ON request (organization_id, status, created_at, id)
    WHERE status >= 400 OR status < 0;
-- queries.list_requests, filtered by whether there is a property, or by a part of a rare property's value: the index
-- on whole values cannot tell.
CREATE INDEX request_property_names_idx ON request USING gin (properties);
