ALTER TABLE dataset_row DROP CONSTRAINT dataset_row_same_organization;
ALTER TABLE dataset DROP CONSTRAINT dataset_of_organization;
