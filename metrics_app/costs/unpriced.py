"""Requests with tokens that nobody knows the price of."""

from typing import NamedTuple

from metrics_app.dashboard.narrowing import node_of
from metrics_app.reading import sums
from metrics_app.scope import Scope
from requests_app.filter_language.tree import Comparison, Node, Not, Operator

# The requests that are in no cost: they have tokens and no price.
UNPRICED: tuple[Node, ...] = (
    Comparison("prompt_tokens", Operator.EXISTS, None),
    Not(Comparison("cost", Operator.EXISTS, None)),
)


class UnpricedModel(NamedTuple):
    """A model and how many of its requests have no price; `query` is the list of them."""

    model: str
    requests: int
    query: str


def unpriced_models(scope: Scope) -> list[UnpricedModel]:
    """Returns the models of `scope` without a price, those of most requests first. Raises TooSlow and FilterError."""
    found = sums(scope.total("model"), ("unpriced",))
    models = [
        UnpricedModel(model, one.unpriced, scope.requests_query(node_of("model", model), *UNPRICED))
        for (_, model), one in found.items()
        if one.unpriced
    ]
    return sorted(models, key=lambda one: (-one.requests, one.model))
