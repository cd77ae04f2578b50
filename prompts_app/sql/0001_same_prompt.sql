-- A version is of a prompt of its own organization, and an environment has a version of its own prompt.
-- Deferred like Django's own keys, which these stand beside: whoever deletes goes through them in any order.
ALTER TABLE prompt ADD CONSTRAINT prompt_of_organization UNIQUE (organization_id, id);
ALTER TABLE prompt_version ADD CONSTRAINT prompt_version_same_organization
    FOREIGN KEY (organization_id, prompt_id) REFERENCES prompt (organization_id, id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE prompt_environment ADD CONSTRAINT prompt_environment_same_prompt
    FOREIGN KEY (organization_id, prompt_id, version_id) REFERENCES prompt_version (organization_id, prompt_id, id)
    DEFERRABLE INITIALLY DEFERRED;
