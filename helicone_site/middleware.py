"""Middleware of the pages."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class TimeZoneMiddleware:
    """Shows times in the zone that the browser named in its `timezone` cookie; UTC when it named none we know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_named(request.COOKIES.get("timezone", ""))):
            return self.get_response(request)


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """Returns the IANA zone `name` (as the browser's cookie has it, percent-encoded slashes allowed), else UTC."""
    try:
        return zoneinfo.ZoneInfo(name.replace("%2F", "/"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # ValueError: a path such as "../x"; OSError: a name longer than the file system allows.
        return zoneinfo.ZoneInfo("UTC")
