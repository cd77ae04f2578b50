-- rollup_backlog: how far behind the rows is the organization whose sums are the furthest behind, and how many days are
-- stale. Of one that has no sums yet, since its first request.
-- params: now.
SELECT
    coalesce(max(%(now)s - coalesce(
        progress.folded_until,
        (SELECT min(created_at) FROM request WHERE request.organization_id = organization.id)
    )), interval '0'),
    (SELECT count(*) FROM rollup_stale)
FROM accounts_app_organization AS organization
LEFT JOIN rollup_progress AS progress ON progress.organization_id = organization.id
