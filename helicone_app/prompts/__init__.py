"""`/v1/prompt-2025`: stored prompts, their versions and environments (contract 4.6)."""
