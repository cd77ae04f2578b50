"""Middleware of the pages."""

import zoneinfo
from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class TimeZoneMiddleware:
    """Shows times in the zone of the cookie `zone`, which the viewer chose, or of `timezone`, which the browser named.

    UTC when neither is one that we know.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(
            zone_named(request.COOKIES.get("zone") or request.COOKIES.get("timezone", ""))
        ):
            return self.get_response(request)


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """Returns the IANA zone `name` (as the browser's cookie has it, percent-encoded), else UTC."""
    try:
        return zoneinfo.ZoneInfo(unquote(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # ValueError: a path such as "../x"; OSError: a name longer than the file system allows.
        return zoneinfo.ZoneInfo("UTC")
