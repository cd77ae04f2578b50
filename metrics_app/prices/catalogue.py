"""The price list: every model of every provider that genai-prices knows, and which of them a name is like."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from genai_prices.data_snapshot import get_snapshot

from ingest_app.pricing import THEIR_NAME, listed_prices

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
_DATE = re.compile(r"[-@]\d{4}-?\d{2}-?\d{2}(?!\d)")
# Who makes models and sells them: of several who offer one, its price is the one that people mean.
_MAKERS = frozenset(
    ("openai", "anthropic", "google", "mistral", "deepseek", "x-ai", "cohere", "moonshotai", "zai")
)
_OUR_NAME = {theirs: ours for ours, theirs in reversed(THEIR_NAME.items())}
_MOST_SIMILAR = 3
_LEAST_LIKENESS = 0.5
_WEIGHT_OF_UNKNOWN = 1.0  # a word that no model has says what is special, not what is alike
_FOR_PROVIDER, _FOR_MAKER = 0.1, 0.05


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of the list at one provider, with its standard prices for short prompts."""

    provider_id: str  # genai-prices' own
    provider_label: str
    model: str
    usd_per_mtok: dict[str, Decimal]

    @property
    def provider(self) -> str:
        """Returns the provider as rows name it, or else as the list does."""
        return our_name(self.provider_id)


def our_name(provider_id: str) -> str:
    """Returns how rows name a provider of the list; those that nobody calls by name keep the list's."""
    return _OUR_NAME.get(provider_id, provider_id)


def listed_models(at: datetime) -> tuple[ListedModel, ...]:
    """Returns all models with a price at the time `at`, by name."""
    return _listed(_hour(at))


def find_listed(provider_id: str, model: str, at: datetime) -> ListedModel | None:
    """Returns the model of this name in the list, None when there is none."""
    return next(
        (one for one in listed_models(at) if (one.provider_id, one.model) == (provider_id, model)), None
    )


def search_listed(text: str, at: datetime) -> list[ListedModel]:
    """Returns the models whose name, or provider, has all words of `text` in it; those of makers first."""
    words = text.lower().split()
    found = [
        one
        for one in listed_models(at)
        if all(word in f"{one.provider_label} {one.provider_id}/{one.model}".lower() for word in words)
    ]
    return sorted(found, key=lambda one: one.provider_id not in _MAKERS)


def similar_models(provider: str, model: str, at: datetime) -> tuple[ListedModel, ...]:
    """Returns the models of the list whose names are most like `model`, the likest first.

    Of those alike, models of the `provider` come first, then of makers; each name once.
    """
    return _similar(provider, model, _hour(at))


@lru_cache(maxsize=2000)
def _similar(provider: str, model: str, hour: datetime) -> tuple[ListedModel, ...]:
    index = _index(hour)
    words = index.words(model)
    wanted = THEIR_NAME.get(provider, provider)
    scored = []
    for listed, its_words in index.entries:
        likeness = index.likeness(words, its_words)
        if likeness >= _LEAST_LIKENESS:
            bonus = _FOR_PROVIDER if listed.provider_id == wanted else 0.0
            bonus += _FOR_MAKER if listed.provider_id in _MAKERS else 0.0
            scored.append((likeness + bonus, listed))
    scored.sort(key=lambda one: (-one[0], len(one[1].model), one[1].model))
    by_name: dict[str, ListedModel] = {}
    for _, listed in scored:
        by_name.setdefault(_plain(listed.model), listed)
    return tuple(list(by_name.values())[:_MOST_SIMILAR])


def _hour(at: datetime) -> datetime:
    """Returns when the hour began: some prices depend on the time of day."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=2)
def _listed(hour: datetime) -> tuple[ListedModel, ...]:
    found = (
        ListedModel(provider.id, provider.name, model.id, prices.usd_per_mtok)
        for provider in get_snapshot().providers
        for model in provider.models
        if (prices := listed_prices(provider.id, model, at=hour)) is not None
    )
    return tuple(sorted(found, key=lambda one: (one.model.lower(), one.provider_label)))


class _Index:
    """The words that names of models are made of: the rarer one is, the more it says."""

    def __init__(self, listed: Iterable[ListedModel]) -> None:
        self.entries = [(one, self.words(one.model)) for one in listed]
        counts = Counter(word for _, words in self.entries for word in words)
        self._weights = {word: math.log(1 + len(self.entries) / count) for word, count in counts.items()}

    @staticmethod
    def words(name: str) -> frozenset[str]:
        return frozenset(_WORD.findall(_plain(name)))

    def likeness(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Returns from 0 for nothing in common to 1 for the same words."""
        return 0.0 if one.isdisjoint(other) else self._weight(one & other) / self._weight(one | other)

    def _weight(self, words: frozenset[str]) -> float:
        return sum(self._weights.get(word, _WEIGHT_OF_UNKNOWN) for word in words)


@lru_cache(maxsize=2)
def _index(hour: datetime) -> _Index:
    return _Index(_listed(hour))


def _plain(name: str) -> str:
    """Returns the name without who offers it, what a fine-tuned one (`ft:gpt-4o:acme::7`) adds, and the date."""
    plain = name.lower().removeprefix("ft:").rpartition("/")[2].partition(":")[0]
    return _DATE.sub("", plain) or name.lower()
