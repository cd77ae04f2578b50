-- A column, since of an expression PostgreSQL knows no statistics.
ALTER TABLE request ADD COLUMN total_tokens bigint
    GENERATED ALWAYS AS (prompt_tokens::bigint + completion_tokens) STORED;
-- queries.list_requests, sorted by a number or filtered by a bound that few rows pass
CREATE INDEX request_cost_idx ON request (organization_id, cost_nanodollars) WHERE cost_nanodollars IS NOT NULL;
CREATE INDEX request_latency_idx ON request (organization_id, latency_ms);
CREATE INDEX request_tokens_idx ON request (organization_id, total_tokens) WHERE total_tokens IS NOT NULL;
CREATE INDEX request_first_token_idx ON request (organization_id, time_to_first_token_ms)
    WHERE time_to_first_token_ms IS NOT NULL;
-- queries.list_requests, filtered by a provider that few rows have; also by an error's name
CREATE INDEX request_provider_idx ON request (organization_id, provider, created_at, id);
CREATE INDEX request_error_name_idx ON request (organization_id, error, created_at, id) WHERE error <> '';
-- Parts of a property's value are looked for in its known values (ingest_app.known_values), and found by whole ones.
DROP INDEX request_property_names_idx;
