"""Long answers that nobody read to the end: the client hung up, or the token limit cut them off."""

from collections.abc import Iterator

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.models import Kind
from metrics_app.suggestions.tally import Found, Tallies
from requests_app.statuses import CANCELLED

LONG_TOKENS = (
    256  # an answer shorter than this was cut off on purpose: a limit of one token is a way to ask yes or no
)
AT_LEAST = 3
BY_CLIENT, BY_LIMIT = "client", "limit"
_GENERATED = {"completion", "reasoning", "completion_audio", "completion_image"}


class CutOff:
    """Counts what was generated of them."""

    def __init__(self) -> None:
        self._tallies: Tallies[tuple[str, str, str]] = Tallies()

    @property
    def is_full(self) -> bool:
        return self._tallies.is_full

    def see(self, call: Call) -> None:
        tokens = call.row.completion_tokens or 0
        if call.is_avoidable or not tokens:
            return
        if call.row.status == CANCELLED:
            cause = BY_CLIENT
        elif call.succeeded and tokens >= LONG_TOKENS and call.reached_token_limit:
            cause = BY_LIMIT
        else:
            return
        lines = [line for line in call.bill if line.kind in _GENERATED]
        saving = sum(line.cost_nanodollars for line in lines) if lines else None
        self._tallies.of((*call.group, cause)).add(call, saving, tokens=tokens)

    def found(self) -> Iterator[Found]:
        for (provider, model, cause), tally in self._tallies.items(at_least=AT_LEAST):
            yield Found(
                Kind.CUT_OFF,
                provider,
                model,
                tally,
                about=cause,
                facts={"cause": cause, "long_tokens": LONG_TOKENS},
            )
