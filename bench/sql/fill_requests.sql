-- fill_requests: the rows of a batch, with the skew of real traffic: few users, features and models have most of it,
-- costs and latencies are log-normal, a few percent fail.
INSERT INTO request (
    organization_id, created_at, id, request_id, provider, model, request_model, response_model, path, target_url,
    status, error, is_stream, latency_ms, time_to_first_token_ms, prompt_tokens, completion_tokens, cost_nanodollars,
    user_id, session_id, session_path, session_name, properties, request_bytes, response_bytes, feedback, scores
)
SELECT %(organization_id)s, created_at, id, id::text, models.provider, models.name, models.name, models.name,
       '/v1/chat/completions', 'https://' || models.provider || '.example/v1/chat/completions',
       status, CASE WHEN status = 200 THEN '' WHEN status = 429 THEN 'rate_limit_exceeded'
                    WHEN status = -3 THEN '' WHEN n %% 1000003 = 5 THEN 'content_policy_violation' ELSE 'server_error' END,
       is_stream, latency_ms, CASE WHEN is_stream AND status = 200 THEN latency_ms / 4 END,
       CASE WHEN status = 200 THEN prompt_tokens END, CASE WHEN status = 200 THEN completion_tokens END,
       CASE WHEN status = 200 THEN (prompt_tokens * models.price + completion_tokens * models.price * 4)::bigint END,
       CASE WHEN random() < 0.95 THEN 'user-' || floor(1000 * power(random(), 3)) ELSE '' END,
       CASE WHEN n %% 2 = 0 THEN 'session-' || n / 16 ELSE '' END,
       CASE WHEN n %% 2 = 0 THEN '/research/step-' || n %% 7 ELSE '' END,
       CASE WHEN n %% 2 = 0 THEN 'Research ' || n / 16 %% 9 ELSE '' END,
       jsonb_build_object(
           'Environment', CASE WHEN random() < 0.9 THEN 'production' WHEN random() < 0.97 THEN 'staging' ELSE 'development' END,
           'Feature', 'feature-' || floor(200 * power(random(), 3))
       ) || CASE WHEN random() < 0.3 THEN '{"Tier": "enterprise"}' ELSE '{}' END::jsonb
         || CASE WHEN n %% 20011 = 7 THEN jsonb_build_object('Ticket', 'INC-' || n / 20011) ELSE '{}' END,
       3000, 900,
       CASE WHEN random() < 0.005 THEN (random() < 0.8)::integer END,
       CASE WHEN random() < 0.002 THEN jsonb_build_object('quality', round(random()::numeric, 2)) ELSE '{}' END
FROM (
    SELECT n, created_at, id,
           CASE WHEN outcome < 0.97 THEN 200 WHEN outcome < 0.985 THEN 429 WHEN outcome < 0.995 THEN 500 ELSE -3 END AS status,
           is_stream,
           (exp(6.7 + 0.8 * size))::integer AS latency_ms,
           (exp(6.5 + 1.2 * random_normal()))::integer AS prompt_tokens,
           (exp(5 + 0.9 * size))::integer AS completion_tokens,
           model_n
    FROM (
        SELECT n, created_at, id, random() AS outcome, random() < 0.6 AS is_stream, random_normal() AS size,
               1 + floor(%(models)s * power(random(), 4))::integer AS model_n
        FROM filling
    ) AS drawn
) AS chosen
JOIN (SELECT n AS model_n, name, provider, price FROM models) AS models USING (model_n)
