"""Values of routes that are not simple ones."""

import math
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helicone_app.view import NotFound

_MAX_DEPTH = 100


class StoredJsonField(serializers.JSONField):
    """JSON that PostgreSQL can hold: without NUL, half characters, numbers that are none, and endless nesting."""

    def to_internal_value(self, data: Any) -> Any:
        if not _is_storable(data, _MAX_DEPTH):
            raise serializers.ValidationError(
                f"This holds what cannot be stored: odd characters or numbers, or more than {_MAX_DEPTH} levels."
            )
        return super().to_internal_value(data)


class NumberField(serializers.FloatField):
    """A finite number."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            raise serializers.ValidationError("Give a number, not true or false.")
        try:
            number: float = super().to_internal_value(data)
        except OverflowError as error:
            raise serializers.ValidationError("This number is too large.") from error
        if not math.isfinite(number):
            raise serializers.ValidationError("Give a number.")
        return number


def id_parameter(name: str) -> OpenApiParameter:
    """Returns the description of an id in the path."""
    return OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH)


def uuid_of(text: str, what: str) -> UUID:
    """Returns the id that stands in the path. Raises NotFound, which says there is no such `what`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(f"There is no {what} with this id.") from error


def _is_storable(value: Any, levels: int) -> bool:
    match value:
        case str():
            return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
        case float():
            return math.isfinite(value)
        case list():
            return levels > 0 and all(_is_storable(inner, levels - 1) for inner in value)
        case dict():
            return levels > 0 and all(
                _is_storable(key, 0) and _is_storable(inner, levels - 1) for key, inner in value.items()
            )
    return True
