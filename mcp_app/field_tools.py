"""The tool that says what filters can be made of."""

from pydantic import BaseModel, Field

from helicone_site.time_limit import at_most_ms
from mcp_app.arguments import Range
from mcp_app.asker import Call, asker_of
from mcp_app.body_text import cut
from mcp_app.tool import parameters_of, tool
from metrics_app.answer import answer
from requests_app.api_parameters import valid
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filters import RequestFilter
from requests_app.property_values import property_values
from requests_app.queries import requests_of
from requests_app.suggest import score_names
from sessions_app.filters import SESSIONS

LONGEST_MS = 8_000
_MOST_MODELS, _MOST_PROPERTIES, _MOST_SCORES = 50, 50, 50
_MOST_VALUES = 10  # of one property
_VALUE_CHARACTERS = 100


class FilterField(BaseModel):
    """A field of a filter."""

    name: str
    kind: str = Field(
        description="text, number, cost (US dollars), duration (2s, 500ms), time, flag (is:name), status…"
    )
    label: str


class KnownProperty(BaseModel):
    """A custom property; in a filter property.<name>."""

    name: str
    requests: int = Field(description="How many of the newest ten thousand requests have it.")
    values: list[str] = Field(description="The most frequent.")


class KnownModel(BaseModel):
    """A model that was called."""

    model: str
    provider: str
    requests: int


class Fields(BaseModel):
    """What filters can be made of."""

    models: list[KnownModel] = Field(description="Those with most requests.")
    properties: list[KnownProperty]
    scores: list[str] = Field(description="In a filter score.<name>.")
    request_fields: list[FilterField]
    session_fields: list[FilterField]
    notes: list[str] = Field(default_factory=list, description="What is left out.")


@tool
def list_fields(context: Call, range: Range = None) -> Fields:
    """Say what filters can be made of: fields, and the models, custom properties and scores of logged requests."""
    organization_id = asker_of(context).organization.pk
    filters = valid(RequestFilter(parameters_of(range=range)))
    used = answer(
        parameters_of(metric="requests", by=["model", "provider"], range=range, limit=_MOST_MODELS),
        organization_id=organization_id,
    )
    with at_most_ms(LONGEST_MS):
        properties = property_values(organization_id=organization_id, filters=filters)
        rows = filters.narrow(requests_of(organization_id), organization_id=organization_id)
        scores = score_names(rows.order_by("-created_at", "-id"))
    more = {
        "models": used["other"]["groups"] if used["other"] else 0,
        "properties": len(properties) - _MOST_PROPERTIES,
        "scores": len(scores) - _MOST_SCORES,
    }
    return Fields(
        models=[KnownModel(**group["by"], **group["values"]) for group in used["groups"]],
        properties=[
            KnownProperty(
                name=one.name,
                requests=one.count,
                values=[cut(value, _VALUE_CHARACTERS) for value in one.values[:_MOST_VALUES]],
            )
            for one in properties[:_MOST_PROPERTIES]
        ],
        scores=scores[:_MOST_SCORES],
        request_fields=_described(REQUESTS),
        session_fields=_described(SESSIONS),
        notes=[f"{count:,} more {name} are left out." for name, count in more.items() if count > 0],
    )


def _described(vocabulary: Vocabulary) -> list[FilterField]:
    offered = [field for field in vocabulary.fields.values() if field.is_offered]
    return [FilterField(name=field.name, kind=field.kind.value, label=field.label) for field in offered]
