DROP INDEX request_cost_idx, request_latency_idx, request_tokens_idx, request_first_token_idx, request_provider_idx,
    request_error_name_idx;
ALTER TABLE request DROP COLUMN total_tokens;
CREATE INDEX request_property_names_idx ON request USING gin (properties);
