-- spent_by_value: what rows cost, in nano-dollars, per bar (numbered from 0) and value; rows that cost nothing left out.
-- params: organization_id bigint; edges timestamptz[]; names text[] (how a property is
-- spelled, else empty); characters integer, which a value has at least. To be filled in: value, an expression of these.
SELECT width_bucket(created_at, %(edges)s::timestamptz[]) - 1 AS bar, value, sum(cost_nanodollars)::bigint
FROM (
    SELECT created_at, cost_nanodollars, {value} AS value
    FROM request
    WHERE organization_id = %(organization_id)s AND cost_nanodollars > 0
      AND created_at >= (%(edges)s::timestamptz[])[1]
      AND created_at < (%(edges)s::timestamptz[])[cardinality(%(edges)s::timestamptz[])]
) AS costing
WHERE length(value) >= %(characters)s
GROUP BY bar, value
