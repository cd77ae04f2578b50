-- metrics_app.prices.queries.unknown_models. The names are in the rows only: two of them might not fit an index entry.
CREATE INDEX request_unpriced_idx ON request (organization_id, created_at)
    WHERE cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL;
