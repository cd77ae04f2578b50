"""How much a model may answer at most, for requests that do not say it: what its maker publishes.

("Max output tokens" in platform.openai.com/docs/models, docs.claude.com/en/docs/about-claude/models/overview and
ai.google.dev/gemini-api/docs/models.)
"""

import re
from functools import lru_cache

# By how a name begins, the more particular first. A host's own prefix (`anthropic.claude…`) ends with a sign.
_MAX_TOKENS = tuple(
    (re.compile(rf"(?:^|[/.:@])(?:{names})", re.IGNORECASE), tokens)
    for names, tokens in (
        (r"gpt-5-pro", 272_000),
        (r"gpt-(?:[5-9])[\w.]*-chat|gpt-[5-9]-chat|gpt-4o|chatgpt-4o", 16_384),
        (r"gpt-[5-9]", 128_000),
        (r"gpt-4\.1", 32_768),
        (r"gpt-4\.5", 16_384),
        (r"gpt-4-turbo|gpt-4-(?:vision|1106|0125)|gpt-3\.5", 4_096),
        (r"gpt-4", 8_192),
        (r"o1-mini", 65_536),
        (r"o1-preview", 32_768),
        (r"o[134](?:-|$)|codex-mini", 100_000),
        (r"claude-3-(?:haiku|opus|sonnet)|claude-(?:2|instant|v)", 4_096),
        (r"claude-3[-.]5", 8_192),
        (r"claude-3[-.]7", 128_000),  # with a beta header; 64,000 without
        (r"claude-opus-4-[01](?:\D|$)|claude-4-opus", 32_000),
        (r"claude-(?:sonnet-4-[05]|haiku-4-5|opus-4-5)|claude-4-sonnet", 64_000),
        (r"claude", 128_000),
        (r"gemini-(?:1|2\.0|pro)", 8_192),
        (r"gemini", 65_536),
    )
)


@lru_cache(maxsize=4096)
def published_max_output(model: str) -> int | None:
    """Returns the tokens that an answer of `model` has at most, None where that is not known."""
    return next((tokens for names, tokens in _MAX_TOKENS if names.search(model)), None)
