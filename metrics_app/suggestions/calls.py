"""One call of a model as detectors see it: its row, what was sent and answered, and what it cost."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple, Self

import msgspec

from ingest_app.events import Usage
from ingest_app.models import Price
from ingest_app.pricing import CostLine, cost_lines, tier_of_source
from metrics_app.suggestions.prompt import Prompt, read_prompt
from requests_app.conversation import Conversation, PartKind, conversation
from requests_app.conversation.stops import stop_note
from requests_app.export.columns import ExportedRow
from requests_app.queries import RequestRow, usage_of
from requests_app.statuses import CANCELLED

# Base64 is many bytes and few tokens: then a share of the bytes is no share of the tokens.
_MOST_BYTES_PER_TOKEN = 16
_TOKEN_LIMIT = stop_note("length")


@dataclass(frozen=True, slots=True)
class Prices:
    """What was applied to a call: US dollars per million tokens by kind, and the tier that it was served in."""

    usd_per_mtok: dict[str, Decimal]
    tier: str

    @classmethod
    def of(cls, price: Price) -> Self:
        """Returns what a row of the price table says."""
        usd_per_mtok = {kind: Decimal(usd) for kind, usd in price.usd_per_mtok.items()}
        return cls(usd_per_mtok, tier_of_source(price.source))


class ToolCall(NamedTuple):
    """A tool that the answer called; `given` is JSON."""

    name: str
    given: str


class Call:
    """One call. What is read out of its bodies is read when a detector first asks for it.

    `is_avoidable` is set by the detector that counted its whole cost: nothing else is to be saved on it.
    `cacheable_tokens` are those first ones of the prompt that were counted as if the prompt cache had had them.
    """

    def __init__(self, exported: ExportedRow, prices: Prices | None) -> None:
        self.row: RequestRow = exported.row
        self.prices = prices
        bodies = exported.bodies
        whole_request = bodies is not None and not self.row.request_is_cut
        whole_response = bodies is not None and not self.row.response_is_cut
        self.request: bytes = (bodies.request or b"") if bodies and whole_request else b""
        self.response: bytes | None = bodies.response if bodies and whole_response else None
        self.is_avoidable = False
        self.cacheable_tokens = 0

    @property
    def group(self) -> tuple[str, str]:
        """Returns provider and model."""
        return self.row.provider, self.row.model

    @property
    def began_s(self) -> float:
        """Returns when it arrived, in seconds since the epoch."""
        return self.row.created_at.timestamp()

    @property
    def ended_s(self) -> float:
        """Returns when its answer was complete, in seconds since the epoch."""
        return self.began_s + self.row.latency_ms / 1000

    @property
    def succeeded(self) -> bool:
        return 200 <= self.row.status < 300 and not self.row.error

    @property
    def failed(self) -> bool:
        """Returns whether it went wrong. A call that the client cancelled did neither."""
        return not self.succeeded and self.row.status != CANCELLED

    @property
    def cost(self) -> int | None:
        """Returns what it cost, in nano-dollars; None when that is unknown. A failure without tokens cost nothing."""
        if self.row.cost_nanodollars is None and self.failed and not self.row.total_tokens:
            return 0
        return self.row.cost_nanodollars

    @cached_property
    def usage(self) -> Usage:
        usage = usage_of(self.row)
        return msgspec.structs.replace(usage, tier=self.prices.tier) if self.prices else usage

    @property
    def bill(self) -> list[CostLine]:
        """Returns the lines of its cost; none where prices are not known."""
        return cost_lines(self.usage, self.prices.usd_per_mtok) if self.prices else []

    def price(self, kind: str) -> Decimal | None:
        """Returns US dollars per million tokens of a kind, None when it is not known."""
        return self.prices.usd_per_mtok.get(kind) if self.prices else None

    @cached_property
    def fingerprint(self) -> bytes | None:
        """Returns what calls that ask the same of the same model share; None when the request was not kept whole."""
        if not self.request:
            return None
        row = self.row
        asked = "\0".join((row.provider, row.model, row.path, row.target_url)).encode()
        return blake2b(asked + b"\0" + self.request, digest_size=16).digest()

    @cached_property
    def prompt(self) -> Prompt:
        return read_prompt(self.request)

    @cached_property
    def has_text_prompt(self) -> bool:
        """Returns whether parts of the prompt's bytes tell parts of its tokens."""
        tokens = self.row.prompt_tokens or 0
        return 0 < self.prompt.size_bytes <= tokens * _MOST_BYTES_PER_TOKEN and not self.prompt.has_media

    def tokens_in(self, size_bytes: int) -> int:
        """Returns how many tokens `size_bytes` of the prompt are: as large a part of the tokens as of the bytes."""
        return (self.row.prompt_tokens or 0) * size_bytes // self.prompt.size_bytes

    @property
    def tool_calls(self) -> list[ToolCall]:
        """Returns the tools that the answer called."""
        return [
            ToolCall(part.name, part.text)
            for message in self._answer.messages
            for part in message.parts
            if part.kind == PartKind.TOOL_CALL
        ]

    @property
    def reached_token_limit(self) -> bool:
        """Returns whether the answer ended because it had as many tokens as it may."""
        return any(message.note == _TOKEN_LIMIT for message in self._answer.messages)

    @cached_property
    def _answer(self) -> Conversation:
        return conversation(None, self.response, self.row.path)
