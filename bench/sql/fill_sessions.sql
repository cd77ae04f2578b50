-- fill_sessions: sessions %(first)s to %(last)s of the last ninety days, the first of them the newest: few names, users
-- and models have most; durations and costs are log-normal, a twentieth has errors. Their first and last requests with
-- them.
WITH drawn AS MATERIALIZED (
    SELECT n, md5(n::text)::uuid::text AS session_id,
           now() - n * (interval '90 days' / %(sessions)s) AS first_at,
           exp(10 + 1.3 * random_normal())::integer AS length_ms,
           1 + floor(exp(1.6 + random_normal()))::integer AS requests,
           exp(16.5 + 1.8 * random_normal())::bigint AS cost,
           (random() < 0.05)::integer AS errors,
           'Agent ' || floor(40 * power(random(), 3)) AS name,
           'user-' || floor(1000 * power(random(), 3)) AS user_id,
           'model-' || floor(12 * power(random(), 3)) AS model
    FROM generate_series(%(first)s::integer, %(last)s::integer) AS n
), made AS (
    INSERT INTO session (
        organization_id, session_id, name, name_at, first_at, last_at, ended_at, last_status, requests, model_calls,
        errors, unpriced, cost_nanodollars, prompt_tokens, completion_tokens, latency_sum_ms, user_ids, models,
        tag, feedback
    )
    SELECT %(organization_id)s, session_id, name, first_at, first_at, first_at + length_ms * interval '0.9 ms',
           first_at + length_ms * interval '1 ms', CASE WHEN errors > 0 THEN 500 ELSE 200 END, requests, requests,
           errors, 0, cost, cost / 1500, cost / 9000, length_ms * 8 / 10, ARRAY[user_id], ARRAY[model],
           CASE WHEN n %% 5003 = 0 THEN 'look' ELSE '' END, CASE WHEN n %% 401 = 0 THEN n %% 2 END
    FROM drawn
)
INSERT INTO request (
    organization_id, created_at, id, request_id, provider, model, request_model, response_model, path, target_url,
    status, error, is_stream, latency_ms, prompt_tokens, completion_tokens, cost_nanodollars, user_id, session_id,
    session_path, session_name, properties, request_bytes, response_bytes
)
SELECT %(organization_id)s, at, gen_random_uuid(), '', 'openai', model, model, model, '/v1/chat/completions', '',
       status, '', false, length_ms / 10, cost / 3000, cost / 18000, cost / 2, user_id, session_id,
       '/step', name, jsonb_build_object('Environment', CASE WHEN n %% 10 = 0 THEN 'staging' ELSE 'production' END),
       3000, 900
FROM drawn
CROSS JOIN LATERAL (
    VALUES (first_at, 200), (first_at + length_ms * interval '0.9 ms', CASE WHEN errors > 0 THEN 500 ELSE 200 END)
) AS step (at, status)
