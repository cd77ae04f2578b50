-- note_new_rows: requests that this transaction stored, for each reader of their organization.
-- params: organization_ids, created_ats, ids: arrays of the same length.
INSERT INTO new_row (organization_id, reader, created_at, id)
SELECT stored.organization_id, new_row_reader.reader, stored.created_at, stored.id
FROM unnest(%(organization_ids)s::bigint[], %(created_ats)s::timestamptz[], %(ids)s::uuid[])
    AS stored (organization_id, created_at, id)
JOIN new_row_reader USING (organization_id)
