-- A row is in a dataset of its own organization. Deferred like Django's own key, which this stands beside.
ALTER TABLE dataset ADD CONSTRAINT dataset_of_organization UNIQUE (organization_id, id);
ALTER TABLE dataset_row ADD CONSTRAINT dataset_row_same_organization
    FOREIGN KEY (organization_id, dataset_id) REFERENCES dataset (organization_id, id)
    DEFERRABLE INITIALLY DEFERRED;
