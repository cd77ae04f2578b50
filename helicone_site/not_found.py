"""Addresses that lead nowhere: a page for people, JSON for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

_NO_SUCH_ROUTE = "There is no such route."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers 404 in the form of the API that was asked, if it was one."""
    answer: dict[str, Any]
    if request.path.startswith("/v1/"):
        answer = {"data": None, "error": _NO_SUCH_ROUTE}
    elif request.path.startswith("/api/"):
        answer = {"detail": _NO_SUCH_ROUTE}
    else:
        return defaults.page_not_found(request, exception)
    return JsonResponse(answer, status=404)
