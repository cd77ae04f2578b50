"""Stored prompts in calls of the AI gateway (contract 2.2, 4.6): fetched by `prompt_id`, filled in with `inputs`.

The tables are `prompts_app`'s, which the gateway does not know: `cache` asks a function for what it has not read yet.
"""
