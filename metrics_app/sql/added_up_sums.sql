-- added_up_sums: what sums and rows come to, per bar and what is told apart. Bars are numbered from 0.
-- params: edges timestamptz[]; and those of the sources and the condition.
-- To be filled in: sources, SELECTs of a moment, keys and SUMS that are added up together; keys; summed; condition.
SELECT width_bucket(moment, %s::timestamptz[]) - 1 AS bar{keys}, {summed}
FROM ({sources}) AS source
WHERE {condition}
GROUP BY bar{keys}
HAVING sum(requests) > 0
