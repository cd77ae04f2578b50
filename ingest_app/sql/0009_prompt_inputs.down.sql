ALTER TABLE body DROP COLUMN prompt_inputs;
