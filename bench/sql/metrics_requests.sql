-- metrics_requests: the requests of some hours, without bodies, with the skew of real traffic: few users, models and
-- values have most of it, costs and latencies are log-normal, a few percent fail. Reads pg_temp.models and
-- pg_temp.properties.
-- params: organization_id; since, until, numbers: three arrays, the bounds of each hour and how many requests it has;
-- model_bounds: where each model's share ends, from 0 to 1; users: how many there are.
INSERT INTO request (
    organization_id, created_at, id, request_id, provider, model, request_model, response_model, path, target_url,
    status, error, is_stream, latency_ms, time_to_first_token_ms, prompt_tokens, completion_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, cost_nanodollars, user_id, session_id, session_path, session_name,
    properties, request_bytes, response_bytes
)
SELECT %(organization_id)s, created_at, id, id::text, provider, model, model, CASE WHEN status = 200 THEN model ELSE '' END,
       '/v1/chat/completions', 'https://' || provider || '.example/v1/chat/completions',
       status,
       CASE status WHEN 429 THEN 'rate_limit_exceeded' WHEN 500 THEN 'server_error'
                   WHEN 400 THEN CASE WHEN chance < 0.5 THEN 'context_length_exceeded' ELSE 'invalid_request_error' END
                   ELSE '' END,
       is_stream,
       CASE WHEN status IN (200, -3) THEN first_token_ms + chosen.completion_tokens * 1000 / tokens_per_s
            ELSE first_token_ms / 3 END,
       CASE WHEN is_stream AND status IN (200, -3) THEN first_token_ms END,
       counted.prompt_tokens, counted.completion_tokens, cache_read_tokens,
       CASE WHEN status = 200 AND provider = 'anthropic' THEN (counted.prompt_tokens - cache_read_tokens) / 20 END,
       CASE WHEN is_reasoning THEN counted.completion_tokens / 2 END,
       -- A token read from the cache costs a tenth, one of the answer four times as much.
       ((counted.prompt_tokens - cache_read_tokens) * price + cache_read_tokens * price / 10
           + counted.completion_tokens * price * 4)::bigint,
       CASE WHEN has_user THEN 'user-' || 1 + floor(%(users)s * power(user_chance, 4)) ELSE '' END,
       session_id,
       CASE WHEN session_id <> '' THEN '/plan/step-' || floor(chance * 7) ELSE '' END,
       CASE WHEN session_id <> '' THEN 'Agent ' || floor(user_chance * 9) ELSE '' END,
       coalesce(properties, '{}'), chosen.prompt_tokens * 4, coalesce(counted.completion_tokens, 50) * 4
FROM (
    SELECT created_at, models.*, is_stream, has_user, user_chance, chance,
           (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0')
            || '7' || substr(digest, 1, 3) || '8' || substr(digest, 4, 15))::uuid AS id,
           CASE WHEN in_session
                THEN 'session-' || extract(epoch FROM date_trunc('hour', created_at))::bigint / 3600 || '-' || floor(user_chance * 60)
                ELSE '' END AS session_id,
           CASE WHEN outcome > 0.03 * trouble THEN 200 WHEN outcome < 0.012 * trouble THEN 429
                WHEN outcome < 0.018 * trouble THEN 500 WHEN outcome < 0.024 * trouble THEN 400 ELSE -3 END AS status,
           least(1e6, exp(5.9 + 0.6 * first_size) * 30 / speed)::integer AS first_token_ms,
           greatest(5, (speed * exp(0.3 * speed_size))::integer) AS tokens_per_s,
           least(1e6, exp(6.6 + 1.2 * prompt_size))::integer AS prompt_tokens,
           1 + least(1e5, exp(5.1 + 0.9 * answer_size))::integer AS completion_tokens,
           cached_share,
           properties
    FROM (
        SELECT hour.since + random() * (hour.until - hour.since) AS created_at,
               md5(random()::text || n) AS digest,
               1 + width_bucket(random(), %(model_bounds)s::float8[]) AS model_n,
               random() AS outcome, random() AS chance, random() AS user_chance,
               random() < 0.95 AS has_user, random() < 0.6 AS is_stream, random() < 0.5 AS in_session,
               random_normal() AS first_size, random_normal() AS speed_size,
               random_normal() AS prompt_size, random_normal() AS answer_size,
               CASE WHEN random() < 0.2 THEN 0.3 + 0.6 * random() ELSE 0 END AS cached_share,
               -- It names `n` so that it is drawn anew for each request.
               (SELECT jsonb_object_agg(name, coalesce(names[draw.k], prefix || draw.k))
                FROM pg_temp.properties, LATERAL (SELECT 1 + floor(number * power(random(), skew))::integer AS k) AS draw
                WHERE random() < share AND n > 0) AS properties
        FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[], %(numbers)s::integer[])
                 AS hour (since, until, number),
             LATERAL generate_series(1, hour.number) AS n
    ) AS drawn
    JOIN pg_temp.models AS models USING (model_n)
) AS chosen
CROSS JOIN LATERAL (
    SELECT CASE WHEN status = 200 THEN chosen.prompt_tokens END AS prompt_tokens,
           CASE WHEN status = 200 THEN chosen.completion_tokens END AS completion_tokens,
           CASE WHEN status = 200 THEN (chosen.prompt_tokens * cached_share)::integer END AS cache_read_tokens
) AS counted
