"""Tools that are described to the model with each request, and never called."""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.prompt import OfferedTool, read_tools
from metrics_app.suggestions.tally import EVIDENCE, Found, Tally

AT_LEAST = 20  # requests that offered the same tools
MOST_SETS = 2_000
SHOWN_TOOLS = 20


class _Offer(NamedTuple):
    """A request with tools: how many tokens each definition is, and what a token cost (None: not known)."""

    id: UUID
    tokens: dict[str, int]
    usd_per_mtok: Decimal | None

    def cost(self, names: set[str]) -> int | None:
        """Returns what the definitions of these tools cost, in nano-dollars."""
        if self.usd_per_mtok is None:
            return None
        return sum(round(self.usd_per_mtok * self.tokens[name] * 1000) for name in names)


@dataclass
class _Set:
    """Requests to one model that offered tools of the same names."""

    requests: int = 0
    unpriced: int = 0
    called: set[str] = field(default_factory=set)
    tokens: Counter[str] = field(default_factory=Counter)
    nanodollars: Counter[str] = field(default_factory=Counter)
    # The requests whose tools cost most, with what all of them cost.
    dearest: list[tuple[int, UUID, _Offer]] = field(default_factory=list)


class UnusedTools:
    """Counts, by set of tools, the tokens of those that no answer to the set called."""

    def __init__(self) -> None:
        self.is_full = False
        self._sets: dict[tuple[str, str, tuple[str, ...]], _Set] = {}

    def see(self, call: Call) -> None:
        # Whether a tool was called is known only of answers that are there.
        if call.is_avoidable or not call.succeeded or call.response is None or not call.has_text_prompt:
            return
        tools = read_tools(call.prompt.tools) if call.prompt.tools else ()
        if not tools:
            return
        key = (*call.group, tuple(sorted({tool.name for tool in tools})))
        if key not in self._sets and len(self._sets) >= MOST_SETS:
            self.is_full = True
            return
        offers = self._sets.setdefault(key, _Set())
        offer = _offer(call, tools)
        offers.requests += 1
        offers.unpriced += offer.usd_per_mtok is None
        offers.called.update(made.name for made in call.tool_calls)
        offers.tokens.update(offer.tokens)
        costs = {name: offer.cost({name}) or 0 for name in offer.tokens}
        offers.nanodollars.update(costs)
        ranked = (sum(costs.values()), offer.id, offer)
        if len(offers.dearest) < EVIDENCE:
            heapq.heappush(offers.dearest, ranked)
        else:
            heapq.heappushpop(offers.dearest, ranked)

    def found(self) -> Iterator[Found]:
        for (provider, model, names), offers in self._sets.items():
            unused = set(names) - offers.called
            if offers.requests < AT_LEAST or not unused:
                continue
            tally = Tally(
                requests=offers.requests,
                unpriced=offers.unpriced,
                saving_nanodollars=sum(offers.nanodollars[name] for name in unused),
                facts={"tokens": sum(offers.tokens[name] for name in unused)},
            )
            for _, _, offer in offers.dearest:
                tally.cite(offer.id, offer.cost(unused))
            dearest = sorted(unused, key=lambda name: (-offers.tokens[name], name))
            yield Found(
                Kind.UNUSED_TOOLS,
                provider,
                model,
                tally,
                about=blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
                facts={
                    "offered": len(names),
                    "unused": len(unused),
                    "tools": dearest[:SHOWN_TOOLS],
                },
            )


def _offer(call: Call, tools: tuple[OfferedTool, ...]) -> _Offer:
    tokens: Counter[str] = Counter()
    for tool in tools:
        tokens[tool.name] += call.tokens_in(tool.size_bytes)
    # Tools stand first in a prompt: where anything came from the prompt cache, they did.
    cached = max(call.row.cache_read_tokens or 0, call.cacheable_tokens)
    kind = "cache_read" if cached >= tokens.total() else "prompt"
    return _Offer(call.row.id, dict(tokens), call.price(kind))
