-- added_up_spreads: histograms added up, and whoever was seen, per bar and what is told apart. Bars are numbered from 0.
-- params: edges timestamptz[]; and those of the sources.
-- To be filled in: sources, SELECTs of a moment, keys, latency, first_token, users and sessions; keys;
-- seen, the columns of whoever was seen.
SELECT
    width_bucket(moment, %s::timestamptz[]) - 1 AS bar{keys},
    sum(latency)::text, coalesce(sum(first_token), 0)::text, {seen}
FROM ({sources}) AS source
GROUP BY bar{keys}
HAVING sum(latency) > 0
