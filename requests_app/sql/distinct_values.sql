-- known_values: the values of a column of one organization, from one to the next in its index: a look-up a value and
-- partition, however many rows have it. Values that are '' are left out, as they are of the indexes.
-- params: organization_id bigint; at_most integer, the most values to return.
WITH RECURSIVE seen (value) AS (
    (
        SELECT {column} FROM request
        WHERE organization_id = %(organization_id)s AND {column} <> ''
        ORDER BY {column} LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT {column} FROM request
        WHERE organization_id = %(organization_id)s AND {column} <> '' AND {column} > seen.value
        ORDER BY {column} LIMIT 1
    )
    FROM seen WHERE seen.value IS NOT NULL
)
SELECT value FROM seen WHERE value IS NOT NULL LIMIT %(at_most)s
