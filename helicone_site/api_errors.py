"""Errors that Django finds before a view does: a page for people, JSON for programs."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

# Where Helicone's own REST API is; ours is below /api/.
HELICONE = ("/v1/", "/v2/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers 404 in the form of the API that was asked, if it was one."""
    answer = _for_programs(request, 404, "There is no such route.")
    return answer or defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers 400, or 413 for a body that is too large, in the form of the API that was asked, if it was one."""
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        answer = _for_programs(request, 413, f"The body is larger than {most / (1 << 20):g} MiB.")
    else:
        answer = _for_programs(request, 400, "The request cannot be read.")
    return answer or defaults.bad_request(request, exception)


def _for_programs(request: HttpRequest, status: int, text: str) -> JsonResponse | None:
    if request.path.startswith(HELICONE):
        return JsonResponse({"data": None, "error": text}, status=status)
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    return None
