-- rollup_measures: what a row of `request` with a `sign` (1, or -1 to take it off) adds to each sum. A list of columns.
sign AS requests,
CASE WHEN cost_nanodollars IS NULL THEN 0 ELSE sign END AS priced,
CASE WHEN cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL THEN sign ELSE 0 END AS unpriced,
sign * coalesce(prompt_tokens, 0)::bigint AS prompt_tokens,
sign * coalesce(completion_tokens, 0)::bigint AS completion_tokens,
sign * coalesce(cache_read_tokens, 0)::bigint AS cache_read_tokens,
sign * coalesce(cache_write_tokens, 0)::bigint AS cache_write_tokens,
sign * coalesce(reasoning_tokens, 0)::bigint AS reasoning_tokens,
sign * (coalesce(prompt_audio_tokens, 0)::bigint + coalesce(completion_audio_tokens, 0)) AS audio_tokens,
CASE WHEN cache_read_tokens > 0 THEN sign ELSE 0 END AS cache_hits,
sign * latency_ms::bigint AS latency_sum_ms,
CASE WHEN time_to_first_token_ms IS NULL THEN 0 ELSE sign END AS first_tokens,
sign * coalesce(time_to_first_token_ms, 0)::bigint AS first_token_sum_ms,
CASE WHEN latency_ms > time_to_first_token_ms THEN sign * coalesce(completion_tokens, 0)::bigint ELSE 0 END
    AS streamed_tokens,
CASE WHEN latency_ms > time_to_first_token_ms AND completion_tokens > 0
     THEN sign * (latency_ms - time_to_first_token_ms)::bigint ELSE 0 END AS streaming_sum_ms,
sign * coalesce(cost_nanodollars, 0)::numeric AS cost_nanodollars,
CASE WHEN cache_read_tokens > 0 THEN sign * coalesce((
    -- US dollars per million tokens; what is cached in a model without a price for it costs the same.
    SELECT round(cache_read_tokens * 1000 * greatest(
        (usd_per_mtok ->> 'prompt')::numeric - (usd_per_mtok ->> 'cache_read')::numeric, 0
    ))
    FROM price WHERE price.id = price_id
), 0) ELSE 0 END AS saved_nanodollars
