"""What REST says of a session."""

from typing import Any

from rest_framework import serializers

from helicone_site.formats import usd
from requests_app.serializers import RequestSerializer
from sessions_app.models import Session
from sessions_app.names import NameRow


class SessionSerializer(serializers.Serializer[Any]):
    """One session: what its requests add up to."""

    session_id = serializers.CharField(help_text="Helicone-Session-Id.")
    name = serializers.CharField(help_text="The latest Helicone-Session-Name that is not empty.")
    created_at = serializers.DateTimeField(source="first_at", help_text="When its first request arrived.")
    last_active_at = serializers.DateTimeField(source="last_at", help_text="When its last request arrived.")
    ended_at = serializers.DateTimeField(help_text="The latest end of any request.")
    duration_ms = serializers.IntegerField(help_text="From `created_at` to `ended_at`.")
    requests = serializers.IntegerField(help_text="All steps: calls of models, tools, and others.")
    model_calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # the metaclass takes it out of the class
    last_status = serializers.IntegerField(
        help_text="Of the last request; see the field `status` of requests."
    )
    cost_nanodollars = serializers.IntegerField(
        source="known_cost", allow_null=True, help_text="Of the steps whose price is known; null: of none."
    )
    cost_usd = serializers.SerializerMethodField()
    unpriced_requests = serializers.IntegerField(
        source="unpriced", help_text="Steps with tokens whose price is unknown: they are not in the cost."
    )
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField(source="tokens")
    average_latency_ms = serializers.SerializerMethodField()
    user_ids = serializers.ListField(child=serializers.CharField(), help_text="In order, at most 50.")
    models = serializers.ListField(child=serializers.CharField(), help_text="In order, at most 50.")
    tag = serializers.CharField(help_text="Empty: none.")
    feedback = serializers.IntegerField(
        allow_null=True, help_text="1 thumb up, 0 thumb down, null none given."
    )

    def get_cost_usd(self, row: Session) -> float | None:
        """The cost in US dollars."""
        return usd(row.known_cost)

    def get_average_latency_ms(self, row: Session) -> float:
        """Of a request."""
        return round(row.latency_sum_ms / row.requests, 3)


class SessionPageSerializer(serializers.Serializer[Any]):
    """A page: follow `next` (or pass `next_cursor` as `cursor`) until it is null."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    results = SessionSerializer(many=True)


class RequestsOfSessionSerializer(serializers.Serializer[Any]):
    """A page of the session's requests, oldest first: pass `next_cursor` as `cursor` for the next."""

    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    results = RequestSerializer(many=True, source="rows")


class SessionDetailSerializer(SessionSerializer):
    """A session and its requests."""

    steps = RequestsOfSessionSerializer(help_text="Its requests, a page of them.")


class NameSerializer(serializers.Serializer[Any]):
    """One name: what its sessions add up to."""

    name = serializers.CharField(help_text="Empty: the sessions without a name.")
    sessions = serializers.IntegerField()
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # the metaclass takes it out of the class
    cost_nanodollars = serializers.IntegerField(source="known_cost", allow_null=True)
    cost_usd = serializers.SerializerMethodField()
    unpriced_requests = serializers.IntegerField(source="unpriced")
    duration_p50_ms = serializers.IntegerField(source="p50_ms")
    duration_p95_ms = serializers.IntegerField(source="p95_ms")
    duration_p99_ms = serializers.IntegerField(source="p99_ms")
    last_seen_at = serializers.DateTimeField()

    def get_cost_usd(self, row: NameRow) -> float | None:
        """The cost in US dollars."""
        return usd(row.known_cost)


class NamesSerializer(serializers.Serializer[Any]):
    """The names."""

    is_cut = serializers.BooleanField(help_text="There are more names than these.")
    results = NameSerializer(many=True)


class TagSerializer(serializers.Serializer[Any]):
    """A tag."""

    tag = serializers.CharField(allow_blank=True, max_length=100, help_text="Empty takes it off.")
