"""Which limits a request falls under, and what of them it would take."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from accounts_app.directory import Caller
from gateway_app.headers import CallerHeaders
from gateway_app.outgoing import Outgoing
from gateway_app.request_body import RequestBody
from helicone_site.text import storable
from ingest_app.encodings import Undecodable, decode
from ingest_app.own_prices import OwnPrices
from ingest_app.worst_case import Asked, read_asked, worst_case
from limits_app.policy import parse_policy
from limits_app.pots import About, budget_pot, segment_of, subjects_of
from limits_app.rules import Limits, RatePolicy, Then
from limits_app.steps import BudgetTake, Question, RateTake, moment, rate_take

MAX_NAME_CHARACTERS = 500  # as the writer stores users and models
_READ_COMPRESSED_BYTES = 32 << 20
_SPENDING_METHODS = frozenset(("POST", "PUT", "PATCH"))


@dataclass(frozen=True, slots=True)
class Request:
    """What limits need to know of a request."""

    id: UUID
    at_us: int
    method: str
    caller: Caller
    seen: CallerHeaders
    body: RequestBody

    @property
    def at(self) -> datetime:
        """Returns when it came: its cost counts in the period and window of this moment, as its row does."""
        return moment(self.at_us)

    @property
    def policy(self) -> RatePolicy | None:
        """Returns the rate limit that it brought itself."""
        return parse_policy(self.seen.rate_limit_policy) if self.seen.rate_limit_policy else None

    def readable_body(self) -> bytes:
        """Returns the body, unpacked; "" of one that is too large to be read before it goes up."""
        body, encoding = self.body, self.seen.content_encoding
        if not body.is_complete:
            return b""
        if not encoding:
            return body.start
        try:
            return decode(body.start, encoding, limit=_READ_COMPRESSED_BYTES)
        except Undecodable:
            return b""


class Concerned:
    """A request, and the limits of its organization."""

    def __init__(self, request: Request, limits: Limits, own: OwnPrices | None, path: str) -> None:
        self._request, self._limits, self._own = request, limits, own
        self._path = path  # at the provider

    def question(self, outgoing: Outgoing, *, is_switched: bool = False) -> Question:
        """Returns what to ask for `outgoing`; when it was switched to a cheaper model already, none does so again."""
        model = outgoing.sent_model or (self._asked.model if self._asked is not None else "")
        about = self._about(model)
        if not self._spends:
            return Question(tuple(self._rates(about)))
        takes = self._budgets(about, self._worst_case(outgoing, about))
        if is_switched:
            takes = _without_switching(takes)
        return Question(tuple(self._rates(about)), tuple(takes))

    def session_question(self, model: str) -> Question:
        """Returns what to ask for a realtime session, of which nobody knows what it will cost."""
        about = self._about(model)
        # A session has no body in which another model could be asked for.
        takes = _without_switching(self._budgets(about, 0))
        return Question(tuple(self._rates(about)), tuple(takes))

    @property
    def _spends(self) -> bool:
        return bool(self._limits.budgets) and self._request.method in _SPENDING_METHODS

    @cached_property
    def _asked(self) -> Asked | None:
        return read_asked(self._request.readable_body(), self._path) if self._spends else None

    def _about(self, model: str) -> About:
        seen = self._request.seen
        asked_by = "" if seen.user_id or not self._spends or self._asked is None else self._asked.user_id
        model = model or seen.model_override
        return About(
            api_key_id=self._request.caller.api_key_id,
            user_id=storable(seen.user_id or asked_by, MAX_NAME_CHARACTERS),
            models=(storable(model, MAX_NAME_CHARACTERS),) if model else (),
            properties={storable(name): storable(value) for name, value in seen.properties.items()},
        )

    def _rates(self, about: About) -> Iterator[RateTake]:
        """Yields the takes of the request's own policy, or else of all that are stored."""
        organization_id, own = self._request.caller.organization_id, self._request.policy
        stored = ((rate.id, rate.policy) for rate in self._limits.rates)
        for id, policy in stored if own is None else [(None, own)]:
            segment = segment_of(policy, about)
            if segment is not None:
                yield rate_take(organization_id, id, policy, segment)

    def _budgets(self, about: About, worst_nanodollars: int) -> Iterator[BudgetTake]:
        for budget in self._limits.budgets:
            for subject in subjects_of(budget, about):
                pot = budget_pot(budget, subject, self._request.at)
                yield BudgetTake(budget, pot, worst_nanodollars, budget.then)

    def _worst_case(self, outgoing: Outgoing, about: About) -> int:
        if self._asked is None or not about.models:
            return 0
        found = worst_case(
            self._asked,
            provider=outgoing.destination.provider.name,
            model=about.models[0],
            at=self._request.at,
            target_url=outgoing.target_url,
            own=self._own,
        )
        return found or 0


def _without_switching(takes: Iterable[BudgetTake]) -> Iterator[BudgetTake]:
    return (take._replace(then=Then.WARN) if take.then is Then.CHEAPER else take for take in takes)
