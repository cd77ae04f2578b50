-- Without their keys encrypted bodies are nothing.
DELETE FROM body WHERE sealed_preview IS NOT NULL;
ALTER TABLE body DROP COLUMN sealed_preview;
DROP TABLE organization_data_key;
