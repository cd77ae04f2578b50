-- spreads_of_rows: histograms of latencies, and who was seen, of model calls, in the forms of `rollup_spread`.
-- To be filled in: keys, of what is told apart; rows, a SELECT of requests; latency_bin, first_token_bin, user_place,
-- session_place: expressions of ingest_app.rollups.spread.
SELECT
    created_at AS moment{keys}, latency_weight.weight AS latency, first_token_weight.weight AS first_token,
    set_bit(B'0'::bit(12288), {user_place}, 1) AS users, set_bit(B'0'::bit(12288), {session_place}, 1) AS sessions
FROM ({rows}) AS one_row
JOIN histogram_bin AS latency_weight ON latency_weight.bin = {latency_bin}
LEFT JOIN histogram_bin AS first_token_weight ON first_token_weight.bin = {first_token_bin}
WHERE kind = ''
