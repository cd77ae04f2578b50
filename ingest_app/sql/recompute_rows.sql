-- recompute_rows: what the cost of requests follows from, of one organization and between two keys: of those with
-- tokens whose cost no provider told.
-- params: organization_id; after_at, after_id (exclusive), last_at, last_id (inclusive): keys in the same week;
-- provider: '' for any; model: a name, or how names begin and is_prefix; {{counts}}: the columns of ingest_app.events.COUNTS.
SELECT
    created_at, request.id, request.provider, request.model, request_model, response_model, target_url, referrer,
    cost_nanodollars, price_id, coalesce(price.source, '') AS price_source, {counts}
FROM request
LEFT JOIN price ON price.id = price_id
WHERE organization_id = %(organization_id)s
  AND created_at >= %(after_at)s AND created_at <= %(last_at)s
  AND (created_at, request.id) > (%(after_at)s, %(after_id)s)
  AND (created_at, request.id) <= (%(last_at)s, %(last_id)s)
  AND prompt_tokens IS NOT NULL AND (cost_nanodollars IS NULL OR price_id IS NOT NULL)
  AND (%(provider)s = '' OR request.provider = %(provider)s)
  AND CASE WHEN %(is_prefix)s
      THEN starts_with(request.model, %(model)s) OR starts_with(response_model, %(model)s)
      ELSE %(model)s IN (request.model, response_model)
  END
