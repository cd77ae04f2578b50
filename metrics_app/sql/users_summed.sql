-- users_summed: what the requests of each user add up to. first_at and last_at are those of the period.
-- params: those of the sources; a pattern, when `matching` has one; those of seen, and of the condition.
-- To be filled in: sources, SELECTs of a moment, a value, and measures; days, on how many days (UTC) a user came; summed,
-- the sums of measures; matching, a condition on `value`; seen, a SELECT of value, first_at and last_at; condition.
SELECT *
FROM (
    SELECT value, {days} AS active_days, {summed}
    FROM ({sources}) AS source
    WHERE {matching}
    GROUP BY value
) AS summed LEFT JOIN ({seen}) AS seen USING (value)
WHERE {condition}
