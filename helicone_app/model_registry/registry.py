"""All models that have a price, with who offers them, as far as genai-prices knows."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from genai_prices.data_snapshot import get_snapshot

from gateway_app.catalog import CATALOG
from gateway_app.providers import Provider
from ingest_app.pricing import THEIR_NAME, listed_prices

# What nobody's price list says is read from the names, by the makers' own model pages: these see pictures, too.
_SEES = re.compile(
    r"gpt-4o(?!.*(transcribe|tts|audio|realtime))|chatgpt-4o|gpt-4\.[15]|gpt-4-(turbo|vision)|gpt-[5-9](?!.*-image)|"
    r"(chatgpt|gpt)-image|gpt-[5-9].*-image|computer-use|o1(?!-(mini|preview))|o3(?!-mini)|o4|"
    r"claude-(?!2|v1|instant)|gemini-(?!embedding|pro$)(?!.*tts)|gemma-(3|4)|grok-(4|.*vision)|pixtral|"
    r"mistral-(small-(3\.|2|l)|medium-(3|l)|large-(2512|[4-9]))|llama-?(4|3\.?-?2-(11|90)b.*(vision|instruct))|"
    r"nova-(2-)?(lite|pro|premier)|.*(-vl\b|vision)"
)
_HEARS = re.compile(
    r"gpt-(audio|realtime|live|4o.*(audio|realtime|transcribe)|transcribe)|whisper|voxtral|gemini-(?!embedding|pro$)(?!.*tts)"
)
_SPEAKS = re.compile(
    r".*(-tts|tts-)|gpt-(audio|realtime|live|4o.*(audio|realtime))(?!.*transcribe)|gemini.*live|.*orpheus"
)
_DRAWS = re.compile(r"(chatgpt|gpt)-image|gpt-[5-9].*-image|gemini.*(-image|nano-banana)")
# Vertex AI has them at Google's prices; the Gemini API has not.
_VERTEX_ONLY = re.compile(r"claude")
# Bedrock's names begin with where a model runs, and then with who made it.
_PLACES = re.compile(r"(global|regional|us|eu|apac)\.")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at one provider: US dollars per million tokens, by the kinds of ingest_app.pricing."""

    provider: Provider
    usd_per_mtok: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model, whoever offers it. Modalities are `text`, `image` and `audio`."""

    id: str
    name: str
    author: str
    description: str
    context_tokens: int | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    offers: list[Offer] = field(default_factory=list)

    @property
    def is_multimodal(self) -> bool:
        """Returns whether it takes or gives more than one kind of thing."""
        return len(self.inputs) > 1 or len(self.outputs) > 1


def models_today() -> list[RegisteredModel]:
    """Returns all models at today's prices, by id. Made once a day, in some 100 ms."""
    return _models(datetime.now(UTC).date())


@lru_cache(maxsize=1)
def _models(day: date) -> list[RegisteredModel]:
    at = datetime.combine(day, time(), UTC)
    found: dict[str, RegisteredModel] = {}
    offered: defaultdict[str, list[Offer]] = defaultdict(list)
    for model, offer in _offers(at):
        found.setdefault(model.id, model)
        offered[model.id].append(offer)
    for id, offers in offered.items():
        found[id].offers.extend(offers)
    return sorted(found.values(), key=lambda model: model.id)


def _offers(at: datetime) -> Iterator[tuple[RegisteredModel, Offer]]:
    """Yields each model of each provider, makers before those who only run them."""
    theirs = {provider.id: provider for provider in get_snapshot().providers}
    for name, provider in CATALOG.by_name.items():
        if name not in THEIR_NAME:
            continue
        for info in theirs[THEIR_NAME[name]].models:
            if name == "google" and _VERTEX_ONLY.match(info.id):
                continue
            prices = listed_prices(THEIR_NAME[name], info, at=at)
            if prices is None or "prompt" not in prices.usd_per_mtok:
                continue
            author, id = _author_and_id(name, info.id)
            model = RegisteredModel(
                id=id,
                name=info.name or id,
                author=author,
                description=info.description or "",
                context_tokens=info.context_window,
                inputs=_inputs(id),
                outputs=_outputs(id),
            )
            yield model, Offer(provider, prices.usd_per_mtok)


def _author_and_id(provider: str, name: str) -> tuple[str, str]:
    """Returns who made the model that `provider` calls `name`, and its name without that."""
    if "/" in name:
        author, _, id = name.partition("/")
        return author.lower(), id.rpartition("/")[2]
    if provider == "bedrock":
        return _PLACES.sub("", name).partition(".")[0], name
    return provider, name


def _inputs(id: str) -> tuple[str, ...]:
    name = _bare(id)
    return ("text", *(["image"] if _SEES.match(name) else []), *(["audio"] if _HEARS.match(name) else []))


def _outputs(id: str) -> tuple[str, ...]:
    name = _bare(id)
    return ("text", *(["image"] if _DRAWS.match(name) else []), *(["audio"] if _SPEAKS.match(name) else []))


def _bare(id: str) -> str:
    """Returns the name in lower case, without Bedrock's place and maker."""
    name = _PLACES.sub("", id.lower())
    return name.partition(".")[2] if re.match(r"[a-z0-9]+\.[a-z]", name) else name
