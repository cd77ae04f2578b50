"""The fields of a row: their names in every form of a filter, and what is behind them."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import DateTimeField, F, Func, Value

from ingest_app.events import COUNTS
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.tree import ORDER, PATTERNS, Operator


class Kind(StrEnum):
    """What kind of value a field has, and so which operators and which spellings of values it takes."""

    TEXT = "text"  # never NULL; '' is none
    NUMBER = "number"
    COST = "cost"  # US dollars; nano-dollars in the row
    DURATION = "duration"  # milliseconds
    TIME = "time"
    FLAG = "flag"
    STATUS = "status"  # a number, or a class of them
    FEEDBACK = "feedback"  # up, down, or none
    ID = "id"  # our own UUID


_OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (Operator.EQUALS, Operator.EXISTS, *PATTERNS),
    Kind.NUMBER: (Operator.EQUALS, Operator.EXISTS, *ORDER),
    Kind.COST: (Operator.EQUALS, Operator.EXISTS, *ORDER),
    Kind.DURATION: (Operator.EQUALS, Operator.EXISTS, *ORDER),
    Kind.TIME: (Operator.EQUALS, *ORDER),
    Kind.FLAG: (Operator.EQUALS,),
    Kind.STATUS: (Operator.EQUALS, *ORDER),
    Kind.FEEDBACK: (Operator.EQUALS, Operator.EXISTS),
    Kind.ID: (Operator.EQUALS,),
}


@dataclass(frozen=True)
class Field:
    """One field. `name` is what filters call it; `aliases` are read as well, also as parameters of the query string."""

    name: str
    kind: Kind
    label: str
    expression: Any  # of Django: F or more
    aliases: tuple[str, ...] = ()
    # Its index leaves out '' and is used only where that is said.
    has_partial_index: bool = False
    # It has an index, and its values are known: see `known_values`.
    is_known: bool = False
    # The column of requests whose known values it has, where that is not its own.
    known_as: str = ""
    # Its values are a list of text, any of which may be meant.
    is_list: bool = False
    # Its numbers are not all whole ones.
    has_fractions: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        """Returns the operators that make sense for it."""
        return _OPERATORS[self.kind]

    @property
    def is_offered(self) -> bool:
        """Returns whether it is worth naming to whoever writes a filter: rows have it, and it says something."""
        is_logged = not hasattr(self.expression, "value")
        return is_logged and self.name not in _NEVER_OFFERED


def _column(name: str, kind: Kind, label: str, column: str = "", *aliases: str, **more: Any) -> Field:
    others = (column, *aliases) if column and column != name else aliases
    return Field(name, kind, label, F(column or name), others, **more)


def _not_logged(name: str, kind: Kind, label: str) -> Field:
    """What clients of Helicone may ask for and no row has: empty, and false."""
    return Field(name, kind, label, Value(False) if kind is Kind.FLAG else Value(""))


_ANSWERED_AT = Func(
    F("created_at"),
    F("latency_ms"),
    template="(%(expressions)s * interval '1 millisecond')",
    arg_joiner=" + ",
    output_field=DateTimeField(),
)
_ALL = (
    _column("model", Kind.TEXT, "Model", is_known=True),
    _column("provider", Kind.TEXT, "Provider", is_known=True),
    _column("status", Kind.STATUS, "Status"),
    _column("user", Kind.TEXT, "User", "user_id", has_partial_index=True, is_known=True),
    _column("session", Kind.TEXT, "Session", "session_id", has_partial_index=True),
    _column("cost", Kind.COST, "Cost", "cost_nanodollars", "cost_usd"),
    _column("latency", Kind.DURATION, "Latency", "latency_ms"),
    _column("ttft", Kind.DURATION, "Time to first token", "time_to_first_token_ms", "time_to_first_token"),
    _column("tokens", Kind.NUMBER, "Tokens", "total_tokens"),
    _column("prompt_tokens", Kind.NUMBER, "Tokens in", "", "input_tokens"),
    _column("completion_tokens", Kind.NUMBER, "Tokens out", "", "output_tokens"),
    *(
        _column(name, Kind.NUMBER, name.replace("_", " ").capitalize())
        for name in COUNTS
        if name not in {"prompt_tokens", "completion_tokens"}
    ),
    _column("feedback", Kind.FEEDBACK, "Feedback"),
    _column("error", Kind.TEXT, "Error", has_partial_index=True, is_known=True),
    _column("streamed", Kind.FLAG, "Streamed", "is_stream"),
    _column("estimated", Kind.FLAG, "Tokens estimated", "usage_is_estimated"),
    _column("request_id", Kind.TEXT, "Request ID"),
    _column("id", Kind.ID, "Helicone ID"),
    _column("time", Kind.TIME, "Time", "created_at"),
    Field("answered", Kind.TIME, "Time of the answer", _ANSWERED_AT, ("response_created_at",)),
    _column("request_model", Kind.TEXT, "Model asked for"),
    _column("response_model", Kind.TEXT, "Model that answered"),
    _column("path", Kind.TEXT, "Path"),
    _column("url", Kind.TEXT, "Address", "target_url"),
    _column("session_path", Kind.TEXT, "Session path"),
    _column("session_name", Kind.TEXT, "Session name"),
    _column("referrer", Kind.TEXT, "Referrer"),
    _column("kind", Kind.TEXT, "Kind", has_partial_index=True, is_known=True),
    _column("span", Kind.TEXT, "Span", "span_name"),
    _column("trace", Kind.TEXT, "Trace", "trace_id"),
    _column("span_id", Kind.TEXT, "Span ID"),
    _column("parent_span_id", Kind.TEXT, "Parent span ID"),
    _column("api_key", Kind.NUMBER, "API key", "api_key_id"),
    _column("price_id", Kind.NUMBER, "Price"),
    _column("organization", Kind.NUMBER, "Organization", "organization_id"),
    _column("request_bytes", Kind.NUMBER, "Request size"),
    _column("response_bytes", Kind.NUMBER, "Response size"),
    _column("request_cut", Kind.FLAG, "Request cut", "request_is_cut"),
    _column("response_cut", Kind.FLAG, "Response cut", "response_is_cut"),
    _not_logged("cached", Kind.FLAG, "Cached"),
    _not_logged("cache_enabled", Kind.FLAG, "Cache enabled"),
    _not_logged("cache_reference_id", Kind.TEXT, "Cached from"),
    _not_logged("threat", Kind.FLAG, "Threat"),
    _not_logged("passthrough_billing", Kind.FLAG, "Pass-through billing"),
    _not_logged("country", Kind.TEXT, "Country"),
    _not_logged("node_id", Kind.TEXT, "Node"),
    _not_logged("job_id", Kind.TEXT, "Job"),
    _not_logged("prompt_version", Kind.TEXT, "Prompt version"),
    _not_logged("assets", Kind.TEXT, "Assets"),
)
FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
_NEVER_OFFERED = {"organization", "price_id"}
# In nano-dollars, while filters compare dollars.
_NOT_A_NAME = "cost_nanodollars"


@dataclass(frozen=True)
class Vocabulary:
    """The fields of one kind of row, and the names that filters have for them.

    `of_requests` is the vocabulary in which more is said of the requests that a row stands for; None where rows are
    requests themselves. Else words are looked for in the fields named `text_fields` instead of in bodies.
    """

    row: str  # what one is called
    fields: Mapping[str, Field]
    of_requests: "Vocabulary | None" = None
    text_fields: tuple[str, ...] = ()

    def named(self, name: str) -> Field | None:
        """Returns the field that is called `name`, by any of its names in any case."""
        return self._by_name.get(name.lower())

    def no_such_field(self, name: str, others: tuple[str, ...] = ()) -> FilterError:
        """Returns the error for a name that no field has. `others` are what else it may have been meant for."""
        if self.of_requests is not None and self.of_requests.named(name) is not None:
            return FilterError(f"A {self.row} has no {name!r}, but its requests do: write request:{name}…")
        similar = difflib.get_close_matches(name.lower(), [*self._by_name, *others], n=1, cutoff=0.7)
        hint = f" Did you mean {similar[0]}?" if similar else ""
        return FilterError(f"There is no field {name!r}.{hint}")

    @cached_property
    def flag_names(self) -> tuple[str, ...]:
        """The fields that are true or false, which may stand behind `is:`."""
        return tuple(field.name for field in self.fields.values() if field.kind is Kind.FLAG)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {
            name: field
            for field in self.fields.values()
            for name in (field.name, *field.aliases)
            if name != _NOT_A_NAME
        }


REQUESTS = Vocabulary("request", FIELDS)


def field_named(name: str) -> Field | None:
    """Returns the field of requests that is called `name`, by any of its names in any case."""
    return REQUESTS.named(name)


def check_operator(field: Field, operator: Operator) -> None:
    """Raises FilterError when `operator` makes no sense for `field`."""
    if operator not in field.operators:
        known = ", ".join(field.operators)
        raise FilterError(f"{field.name} cannot be compared by {operator.value!r}, only by: {known}.")
