-- Parts of the tokens that some models price by themselves, and what is to be known of the counts and the bodies.
ALTER TABLE request
    ADD COLUMN cache_read_audio_tokens integer,  -- a part of cache_read_tokens and of prompt_audio_tokens
    ADD COLUMN cache_read_image_tokens integer,  -- a part of cache_read_tokens and of prompt_image_tokens
    ADD COLUMN prompt_image_tokens     integer,
    ADD COLUMN completion_image_tokens integer,
    ADD COLUMN prompt_audio_seconds    integer,  -- where audio is charged by its length
    ADD COLUMN usage_is_estimated      boolean NOT NULL DEFAULT false,  -- counted from the text by us
    ADD COLUMN request_is_cut          boolean NOT NULL DEFAULT false,  -- only the first part of the body is kept
    ADD COLUMN response_is_cut         boolean NOT NULL DEFAULT false,
    ADD COLUMN referrer                text    NOT NULL DEFAULT '';     -- 'ai-gateway', '' for pass-through
