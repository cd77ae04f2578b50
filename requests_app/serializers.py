"""What REST says of a request."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helicone_site.formats import usd
from requests_app.body_value import json_or_text
from requests_app.queries import RequestDetail, RequestRow


class RequestSerializer(serializers.Serializer[Any]):
    """One row of the list. Every field is always there, null where nothing is known."""

    id = serializers.UUIDField(help_text="Ours; also the answer's header Helicone-Id.")
    request_id = serializers.CharField(help_text="The client's Helicone-Request-Id, else the id. May repeat.")
    created_at = serializers.DateTimeField(help_text="When the request arrived.")
    provider = serializers.CharField()
    model = serializers.CharField(help_text="Asked for, else answered, else `unknown`.")
    request_model = serializers.CharField(help_text="Asked for.")
    response_model = serializers.CharField(help_text="Answered.")
    path = serializers.CharField()
    target_url = serializers.CharField()
    status = serializers.IntegerField(
        help_text="HTTP status; or -2 stream time-out, -3 cancelled by the client, -100 stream broke off."
    )
    error = serializers.CharField(help_text="Short name of the error, empty when there was none.")
    is_stream = serializers.BooleanField()
    latency_ms = serializers.IntegerField(help_text="Arrival to the last byte from the provider.")
    time_to_first_token_ms = serializers.IntegerField(allow_null=True)
    prompt_tokens = serializers.IntegerField(
        allow_null=True, help_text="All input, cached and audio included."
    )
    completion_tokens = serializers.IntegerField(allow_null=True, help_text="All output, reasoning included.")
    total_tokens = serializers.IntegerField(allow_null=True)
    cache_read_tokens = serializers.IntegerField(allow_null=True)
    cache_read_audio_tokens = serializers.IntegerField(allow_null=True)
    cache_read_image_tokens = serializers.IntegerField(allow_null=True)
    cache_write_tokens = serializers.IntegerField(allow_null=True)
    cache_write_1h_tokens = serializers.IntegerField(allow_null=True)
    reasoning_tokens = serializers.IntegerField(allow_null=True)
    prompt_audio_tokens = serializers.IntegerField(allow_null=True)
    prompt_image_tokens = serializers.IntegerField(allow_null=True)
    completion_audio_tokens = serializers.IntegerField(allow_null=True)
    completion_image_tokens = serializers.IntegerField(allow_null=True)
    prompt_audio_seconds = serializers.IntegerField(
        allow_null=True, help_text="Where audio is charged by its length; beside the tokens."
    )
    usage_is_estimated = serializers.BooleanField(
        help_text="The tokens were counted from the text, because the provider reported none to the end."
    )
    cost_nanodollars = serializers.IntegerField(allow_null=True, help_text="Null: the price is unknown.")
    cost_usd = serializers.SerializerMethodField()
    user_id = serializers.CharField()
    session_id = serializers.CharField()
    session_path = serializers.CharField()
    session_name = serializers.CharField()
    properties = serializers.DictField(child=serializers.CharField())
    request_bytes = serializers.IntegerField()
    response_bytes = serializers.IntegerField()
    request_is_cut = serializers.BooleanField(help_text="Only the first part of the body was kept.")
    response_is_cut = serializers.BooleanField(help_text="Only the first part of the body was kept.")
    referrer = serializers.CharField(
        help_text="`ai-gateway`, `log`, `otlp` or `import`; empty: passed through."
    )
    kind = serializers.CharField(
        help_text="Empty: a call of a model; else tool, vector_db, database, http, agent or data."
    )
    span_name = serializers.CharField()
    trace_id = serializers.CharField()
    span_id = serializers.CharField()
    parent_span_id = serializers.CharField()
    feedback = serializers.IntegerField(
        allow_null=True, help_text="1 thumb up, 0 thumb down, null none given."
    )
    scores = serializers.DictField(child=serializers.FloatField(), help_text="Numbers by name.")
    preview = serializers.CharField(help_text="One line of the last user message.")

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only is not None:
            for name in set(self.fields) - set(only):
                del self.fields[name]

    def get_cost_usd(self, row: RequestRow) -> float | None:
        """The cost in US dollars."""
        return usd(row.cost_nanodollars)


class ListedRequestSerializer(RequestSerializer):
    """A row of the list, with its bodies where they were asked for."""

    request_body = serializers.JSONField(
        required=False, help_text="With `bodies=1`: JSON, or text where it is none; null when not kept."
    )
    response_body = serializers.JSONField(required=False, help_text="Likewise.")


class RequestPageSerializer(serializers.Serializer[Any]):
    """A page: follow `next` (or pass `next_cursor` as `cursor`) until it is null."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    results = ListedRequestSerializer(many=True)


class CountSerializer(serializers.Serializer[Any]):
    """How many rows match."""

    count = serializers.IntegerField()


class CostLineSerializer(serializers.Serializer[Any]):
    """What one kind of token cost."""

    kind = serializers.CharField()
    tokens = serializers.IntegerField()
    usd_per_million = serializers.DecimalField(max_digits=None, decimal_places=None)
    cost_nanodollars = serializers.IntegerField()


class RequestDetailSerializer(RequestSerializer):
    """A row with its bodies and its bill."""

    api_key_name = serializers.CharField()
    request_body = serializers.SerializerMethodField()
    response_body = serializers.SerializerMethodField()
    request_omitted = serializers.BooleanField()
    response_omitted = serializers.BooleanField()
    cost_lines = CostLineSerializer(many=True)
    price_source = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        detail: RequestDetail = instance
        merged = _Merged(detail)
        return super().to_representation(merged)

    @extend_schema_field({"description": "JSON, or text where it is none; null when not kept."})
    def get_request_body(self, detail: "_Merged") -> Any:
        return json_or_text(detail.request_body)

    @extend_schema_field({"description": "JSON, or text where it is none; null when not kept."})
    def get_response_body(self, detail: "_Merged") -> Any:
        return json_or_text(detail.response_body)


class _Merged:
    """The row's fields and the detail's, side by side."""

    def __init__(self, detail: RequestDetail) -> None:
        self._detail = detail

    def __getattr__(self, name: str) -> Any:
        source = self._detail if hasattr(self._detail, name) else self._detail.row
        return getattr(source, name)
