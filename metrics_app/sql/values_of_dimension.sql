-- values_of_dimension: the values of a dimension that there are sums of, one look into the index for each.
-- params: organization_id, dimension. To be filled in: table, rollup or rollup_spread.
WITH RECURSIVE found (value) AS (
    (
        SELECT value FROM {table}
        WHERE organization_id = %(organization_id)s AND dimension = %(dimension)s ORDER BY value LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT value FROM {table}
        WHERE organization_id = %(organization_id)s AND dimension = %(dimension)s AND value > found.value
        ORDER BY value LIMIT 1
    )
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL
