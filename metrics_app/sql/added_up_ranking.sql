-- added_up_ranking: what values come to, the first of them in some order; before them (place 0) what all of them do.
-- params: those of the sources; those of the condition; most, how many values at most.
-- To be filled in: sources, SELECTs of key and measures that are added up together; condition, of the key; key; summed
-- and added, the sums of measures, with and without their names; measures; order and direction.
WITH grouped AS MATERIALIZED (
    SELECT {key} AS name, {summed} FROM ({sources}) AS source WHERE {condition} GROUP BY {key}
), shown AS (
    SELECT * FROM grouped ORDER BY {order} {direction} NULLS LAST, name LIMIT %s
)
SELECT 0 AS place, NULL AS name, count(*) AS value_count, {added} FROM grouped
UNION ALL
SELECT row_number() OVER (ORDER BY {order} {direction} NULLS LAST, name), name, 1, {measures} FROM shown
ORDER BY place
