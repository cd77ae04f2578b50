"""Reads of suggestions and looks, each of one organization."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts_app.models import Organization
from metrics_app.suggestions.models import UNFINISHED, Dismissal, Look, Suggestion
from metrics_app.suggestions.words import Words, words
from requests_app import queries as request_queries
from requests_app.queries import RequestRow

SHOWN_AT_ONCE = 12  # the others are folded away: their sums are small


class SuggestionNotFound(Exception):
    """The organization has no such suggestion (any more)."""


@dataclass(frozen=True, slots=True)
class ShownSuggestion:
    """A suggestion, and what is said of it."""

    suggestion: Suggestion
    is_dismissed: bool
    words: Words


@dataclass(frozen=True, slots=True)
class Overview:
    """All suggestions of an organization, the largest saving first; `saving_nanodollars` is of those not dismissed."""

    look: Look | None
    open: list[ShownSuggestion]
    dismissed: list[ShownSuggestion]

    @property
    def saving_nanodollars(self) -> int:
        """Returns the sum of what is open. No cost of a request is in two of them."""
        return _sum(self.open)

    @property
    def largest(self) -> list[ShownSuggestion]:
        """Returns those that are shown at once."""
        return self.open[:SHOWN_AT_ONCE]

    @property
    def smaller(self) -> list[ShownSuggestion]:
        """Returns the others."""
        return self.open[SHOWN_AT_ONCE:]

    @property
    def smaller_saving_nanodollars(self) -> int:
        return _sum(self.smaller)

    @property
    def percent(self) -> int | None:
        """Returns the sum as a part of what all requests cost; None where that is nothing or not known."""
        cost = self.look.cost_nanodollars if self.look else None
        return round(100 * self.saving_nanodollars / cost) if cost else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request behind a suggestion, and what would have been saved on it; None where its price is unknown."""

    row: RequestRow
    saving_nanodollars: int | None


def overview(organization: Organization) -> Overview:
    """Returns what the organization's page of suggestions shows."""
    shown = [_shown(suggestion) for suggestion in suggestions_of(organization).defer("evidence")]
    return Overview(
        look=look_of(organization),
        open=[one for one in shown if not one.is_dismissed],
        dismissed=[one for one in shown if one.is_dismissed],
    )


def suggestions_of(organization: Organization) -> QuerySet[Suggestion]:
    """Returns the suggestions, the largest saving first, each with `is_dismissed`."""
    dismissals = Dismissal.objects.filter(organization=organization, suggestion_id=OuterRef("id"))
    found = Suggestion.objects.filter(organization=organization).annotate(is_dismissed=Exists(dismissals))
    return found.order_by("-saving_nanodollars", "-waited_ms", "-requests", "id")


def get_suggestion(*, organization: Organization, id: UUID) -> ShownSuggestion:
    """Returns one suggestion. Raises SuggestionNotFound."""
    suggestion = suggestions_of(organization).filter(id=id).first()
    if suggestion is None:
        raise SuggestionNotFound(str(id))
    return _shown(suggestion)


def evidence_of(suggestion: Suggestion) -> list[Evidence]:
    """Returns the requests behind it that are still there, the largest saving first."""
    savings = {UUID(id): saving for id, saving in suggestion.evidence}
    rows = request_queries.requests_with_ids(organization_id=suggestion.organization_id, ids=savings)
    by_id = {row.id: row for row in rows}
    return [Evidence(by_id[id], saving) for id, saving in savings.items() if id in by_id]


def look_of(organization: Organization) -> Look | None:
    """Returns the organization's look, None before the first was ordered."""
    return Look.objects.filter(organization=organization).first()


def unfinished_looks() -> QuerySet[Look]:
    """Returns what a worker has still to do, of all organizations, the longest waiting first."""
    return Look.objects.filter(state__in=UNFINISHED).order_by("ordered_at", "organization_id")


def organizations_with_requests(*, since: datetime) -> list[Organization]:
    """Returns the organizations that logged anything since then."""
    return [
        organization
        for organization in Organization.objects.order_by("id")
        if request_queries.requests_of(organization.pk).filter(created_at__gte=since).exists()
    ]


def _sum(shown: list[ShownSuggestion]) -> int:
    return sum(one.suggestion.saving_nanodollars for one in shown)


def _shown(suggestion: Suggestion) -> ShownSuggestion:
    is_dismissed = bool(getattr(suggestion, "is_dismissed", False))
    return ShownSuggestion(suggestion, is_dismissed, words(suggestion))
