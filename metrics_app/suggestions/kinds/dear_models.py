"""Short answers to short questions from a model that has a cheaper sister.

What is counted is a sum by the price list. Whether the cheaper model's answers would do is for the reader to try.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest_app.costing import cost_of
from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.tally import Found, Tallies

MOST_COMPLETION_TOKENS = 50
MOST_PROMPT_TOKENS = 1_000
AT_LEAST = 10


class _Step(NamedTuple):
    """The models of a family from which one can step down, and the one below."""

    providers: frozenset[str]
    model: re.Pattern[str]
    cheaper: str


def _step(providers: str, model: str, cheaper: str) -> _Step:
    return _Step(
        frozenset(providers.split()), re.compile(model + r"(-latest|-\d{4}-?\d{2}-?\d{2}|-\d{4})?"), cheaper
    )


# Each provider's own order of its models, from most able to cheapest:
# https://platform.openai.com/docs/models · https://platform.claude.com/docs/en/about-claude/models/overview
# https://ai.google.dev/gemini-api/docs/models · https://docs.mistral.ai/getting-started/models
# https://docs.x.ai/docs/models · https://docs.cohere.com/docs/models
_STEPS = (
    _step("openai azure", r"gpt-4o|chatgpt-4o", "gpt-4o-mini"),
    _step("openai azure", r"gpt-4(-turbo)?(-preview)?", "gpt-4o-mini"),
    _step("openai azure", r"gpt-4\.1", "gpt-4.1-mini"),
    _step("openai azure", r"gpt-4\.1-mini", "gpt-4.1-nano"),
    _step("openai azure", r"gpt-5(\.[123])?(-chat)?", "gpt-5-mini"),
    _step("openai azure", r"gpt-5-mini", "gpt-5-nano"),
    _step("openai azure", r"gpt-5\.4", "gpt-5.4-mini"),
    _step("anthropic", r"claude-opus-4(-[0156])?|claude-sonnet-4(-[056])?", "claude-haiku-4-5"),
    _step("anthropic", r"claude-3-opus|claude-3-[57]-sonnet", "claude-3-5-haiku-latest"),
    _step("google vertex", r"gemini-2\.5-pro", "gemini-2.5-flash"),
    _step("google vertex", r"gemini-2\.5-flash", "gemini-2.5-flash-lite"),
    _step("google vertex", r"gemini-3-pro-preview", "gemini-3-flash-preview"),
    _step("mistral", r"mistral-(large|medium)", "mistral-small-latest"),
    _step("xai", r"grok-4|grok-3", "grok-4-fast-non-reasoning"),
    _step("cohere", r"command-a-\d\d-\d{4}|command-r-plus(-\d\d-\d{4})?", "command-r-08-2024"),
)


class DearModels:
    """Counts what they cost above what the sister asks for as many tokens."""

    def __init__(self) -> None:
        self._tallies: Tallies[tuple[str, str, str]] = Tallies()

    @property
    def is_full(self) -> bool:
        return self._tallies.is_full

    def see(self, call: Call) -> None:
        row = call.row
        if call.is_avoidable or not _is_short_and_simple(call):
            return
        cheaper = cheaper_sister(row.provider, row.model)
        if cheaper is None:
            return
        cost, _ = cost_of(
            call.usage,
            organization_id=row.organization_id,
            provider=row.provider,
            priced_as="",
            models=[cheaper],
            at=row.created_at,
            target_url=row.target_url,
        )
        saving = None
        if row.cost_nanodollars is not None and cost is not None:
            saving = row.cost_nanodollars - cost
            if saving <= 0:
                return
        self._tallies.of((*call.group, cheaper)).add(call, saving)

    def found(self) -> Iterator[Found]:
        for (provider, model, cheaper), tally in self._tallies.items(at_least=AT_LEAST):
            yield Found(
                Kind.DEAR_MODEL,
                provider,
                model,
                tally,
                about=cheaper,
                facts={
                    "cheaper": cheaper,
                    "most_prompt_tokens": MOST_PROMPT_TOKENS,
                    "most_completion_tokens": MOST_COMPLETION_TOKENS,
                },
            )


def cheaper_sister(provider: str, model: str) -> str | None:
    """Returns the next cheaper model of the same family, None where we know of none."""
    found = (step for step in _STEPS if provider in step.providers and step.model.fullmatch(model))
    return next((step.cheaper for step in found), None)


def _is_short_and_simple(call: Call) -> bool:
    row = call.row
    prompt, completion = row.prompt_tokens or 0, row.completion_tokens or 0
    special = (
        row.reasoning_tokens,
        row.prompt_audio_tokens,
        row.prompt_image_tokens,
        row.completion_audio_tokens,
        row.completion_image_tokens,
    )
    return (
        call.succeeded
        and 0 < prompt <= MOST_PROMPT_TOKENS
        and 0 < completion <= MOST_COMPLETION_TOKENS
        and not any(special)
        and call.has_text_prompt  # each model counts the tokens of a picture in its own way
        and not call.prompt.tools
        and not call.tool_calls
    )
