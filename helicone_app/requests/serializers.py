"""How the schema describes the rows of requests; `rows.helicone_row` makes them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field(OpenApiTypes.ANY)
class AnyField(serializers.JSONField):
    """A body: any JSON."""


def _text(**more: Any) -> serializers.CharField:
    return serializers.CharField(allow_null=True, **more)


def _number(help_text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, help_text=help_text)


def _texts() -> serializers.DictField:
    return serializers.DictField(child=serializers.CharField(allow_blank=True))


class HeliconeRequestSerializer(serializers.Serializer[Any]):
    """A logged request; every field is there, null where nothing is known."""

    request_id = serializers.CharField(help_text="The client's own Helicone-Request-Id, else our id.")
    helicone_id = serializers.UUIDField(help_text="Not Helicone's: our id, which no two rows share.")
    response_id = serializers.UUIDField()
    request_created_at = serializers.DateTimeField()
    response_created_at = serializers.DateTimeField()
    request_body = AnyField(help_text='`{"helicone_message": …}` where it has to be fetched.')
    response_body = AnyField()
    signed_body_url = serializers.URLField(help_text="Answers `request` and `response` for half an hour.")
    response_status = serializers.IntegerField(help_text="HTTP; -2, -3, -100 for streams that broke off.")
    request_path = serializers.CharField(allow_blank=True)
    target_url = serializers.CharField(allow_blank=True)
    request_model = _text()
    response_model = _text()
    model_override = _text()
    model = serializers.CharField()
    provider = serializers.CharField(help_text="In capitals, such as OPENAI.")
    delay_ms = _number("Arrival to the last byte.")
    time_to_first_token = _number("Milliseconds.")
    prompt_tokens = _number()
    completion_tokens = _number()
    total_tokens = _number()
    prompt_cache_read_tokens = _number()
    prompt_cache_write_tokens = _number()
    prompt_audio_tokens = _number()
    completion_audio_tokens = _number()
    reasoning_tokens = _number()
    cost = serializers.FloatField(allow_null=True, help_text="US dollars; null when the price is not known.")
    costUSD = serializers.FloatField(allow_null=True)
    request_user_id = _text()
    helicone_user = _text()
    country_code = _text()
    request_properties = _texts()
    properties = _texts()
    scores = serializers.DictField(child=serializers.FloatField())
    request_feedback = AnyField(allow_null=True)
    feedback_rating = serializers.BooleanField(allow_null=True)
    feedback_id = _text()
    feedback_created_at = serializers.DateTimeField(allow_null=True)
    prompt_id = _text()
    prompt_version = _text()
    prompt_name = _text()
    prompt_regex = _text()
    key_name = serializers.CharField(allow_blank=True)
    node_id = _text()
    asset_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_null=True, help_text="Of one request only; null in lists."
    )
    assets = serializers.ListField(child=serializers.UUIDField())
    asset_urls = serializers.DictField(child=serializers.URLField(), allow_null=True)
    cache_enabled = serializers.BooleanField()
    cache_reference_id = serializers.CharField()
    llmSchema = AnyField(allow_null=True)
    updated_at = serializers.DateTimeField()
    request_referrer = _text()
    ai_gateway_body_mapping = _text()
    storage_location = serializers.CharField()
    error = serializers.CharField(
        allow_blank=True, help_text="Not Helicone's, as all that follow: its short name."
    )
    is_stream = serializers.BooleanField()
    kind = serializers.CharField(
        allow_blank=True, help_text="Empty: a call of a model; else tool, vector_db, …."
    )
    span_name = serializers.CharField(allow_blank=True)
    trace_id = serializers.CharField(allow_blank=True)
    span_id = serializers.CharField(allow_blank=True)
    parent_span_id = serializers.CharField(allow_blank=True)
