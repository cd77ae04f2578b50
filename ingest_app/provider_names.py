"""Helicone's spellings of providers (contract 8), and the names that rows have here.

Helicone writes OPENAI for calls through its proxies and `openai` for those through its gateway: both are read.
"""

# Where they are not our name in capitals.
_HELICONE = {"xai": "X", "bedrock": "AWS"}
_OURS = {
    **{theirs.lower(): ours for ours, theirs in _HELICONE.items()},
    "google-ai-studio": "google",
    "gemini": "google",
    "vertexai": "vertex",
    "togetherai": "together",
    "local": "custom",
}


def helicone_name(provider: str) -> str:
    """Returns how Helicone spells a provider of ours, such as OPENAI."""
    return _HELICONE.get(provider, provider.upper())


def our_name(provider: str) -> str:
    """Returns the name that rows have for a provider in either of Helicone's spellings."""
    name = provider.lower()
    return _OURS.get(name, name)
