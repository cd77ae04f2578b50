-- unused_values: forget the values that no row of the organization has. Reads all of its rows.
-- params: organization_id; before: a day; younger values may be in rows that are being written.
DELETE FROM known_value
WHERE organization_id = %(organization_id)s AND last_day < %(before)s
  AND (field, value) NOT IN (
      SELECT held.field, held.value
      FROM request
      CROSS JOIN LATERAL (
          VALUES ('provider', provider), ('model', model), ('user_id', user_id), ('session_name', session_name),
                 ('error', error), ('kind', kind)
          UNION ALL
          SELECT 'properties.' || name, text FROM jsonb_each_text(properties) AS property (name, text)
      ) AS held (field, value)
      WHERE organization_id = %(organization_id)s
      GROUP BY held.field, held.value
  )
RETURNING field
