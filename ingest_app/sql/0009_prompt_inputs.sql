-- What a stored prompt was filled in with: text of people, so it is kept, encrypted and removed with the bodies.
ALTER TABLE body ADD COLUMN prompt_inputs bytea;  -- zstd, JSON; NULL: no stored prompt, or the request was omitted
