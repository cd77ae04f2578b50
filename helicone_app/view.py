"""What all routes of Helicone's REST API have in common (contract 4.1): keys, envelopes and errors."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts_app.authentication import CanRead, CanWrite
from helicone_site.time_limit import TooSlow
from requests_app.actions import BadAnnotation
from requests_app.filter_language.errors import FilterError
from requests_app.queries import RequestNotFound
from sessions_app.actions import BadTag
from sessions_app.queries import SessionNotFound

CREATED = 201
_TOO_SLOW = "This takes too long: ask for a shorter period, or for less."
_NO_REQUEST = "There is no request with this id."
_NO_SESSION = "There is no session with this id."


class Refused(APIException):
    """What a route cannot do, in words for the caller."""

    status_code = 400
    default_detail = "This cannot be done."


class HeliconeView(APIView):
    """A route that answers `{"data": …, "error": null}`, or `{"data": null, "error": text}` with the error's status.

    Queries are POST there, so a route that changes something says by which of its methods in `writing`.
    """

    writing: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        # Pages' log-in is not for programs: the permissions look at the caller.
        return login_not_required(super().as_view(**initkwargs))

    def get_permissions(self) -> list[BasePermission]:
        return [CanWrite() if (self.request.method or "").lower() in self.writing else CanRead()]

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(_as_api_exception(exc))
        text = " ".join(_sentences(response.data))
        if response.status_code == 401:
            response.data = {"error": text, "trace": "isAuthenticated.error"}
        else:
            response.data = {"data": None, "error": text}
        return response


class WritingView(HeliconeView):
    """A route all of whose methods change something."""

    writing = frozenset({"post", "put", "patch", "delete"})


class PublicView(HeliconeView):
    """A route that needs no key."""

    authentication_classes = ()

    def get_permissions(self) -> list[BasePermission]:
        return []


def ok(data: Any = None, status: int = 200) -> Response:
    """Returns the answer that holds `data`."""
    return Response({"data": data, "error": None}, status=status)


def asked(serializer: type[serializers.Serializer[Any]], request: ApiRequest) -> dict[str, Any]:
    """Returns what the body of the call says, checked. Raises ValidationError."""
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    values: dict[str, Any] = reader.validated_data
    return values


def result(name: str, data: Any) -> Any:
    """Returns how the schema describes the answer that holds `data`, a field or serializer. `name` is unique in it."""
    return inline_serializer(name, {"data": data, "error": serializers.CharField(allow_null=True)})


def _as_api_exception(error: Exception) -> Exception:
    match error:
        case FilterError() | BadAnnotation() | BadTag():
            return Refused(str(error))
        case TooSlow():
            return Refused(_TOO_SLOW)
        case RequestNotFound():
            return NotFound(_NO_REQUEST)
        case SessionNotFound():
            return NotFound(_NO_SESSION)
    return error


def _sentences(detail: Any, path: str = "") -> Iterator[str]:
    """Yields what is wrong, each with the place in the body where that is known."""
    match detail:
        case dict():
            for name, inner in detail.items():
                is_place = name not in {"detail", "non_field_errors"}
                yield from _sentences(inner, f"{path}.{name}".lstrip(".") if is_place else path)
        case list():
            for inner in detail:
                yield from _sentences(inner, path)
        case _:
            yield f"{path}: {detail}" if path else str(detail)


__all__ = [
    "CREATED",
    "HeliconeView",
    "NotFound",
    "PublicView",
    "Refused",
    "ValidationError",
    "WritingView",
    "asked",
    "ok",
    "result",
]
