"""What belongs to the page of one request: code to copy, pictures and sounds, and what people say of it."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from requests_app import actions
from requests_app.actions import BadAnnotation
from requests_app.conversation import conversation
from requests_app.detail import TABS
from requests_app.queries import RequestNotFound
from requests_app.shown import NoMedia, find_part, media_of
from requests_app.views import PageRequest, detail_page, get_request_or_404

INVALID = 422
_THUMBS = {"up": True, "down": False, "": None}


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def request_code(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """The request as code that sends it again, `?as=` curl, python or node; plain text."""
    page = detail_page(request, organization, id)
    try:
        code = page.copied_as(request.GET.get("as", ""))
    except KeyError as error:
        raise Http404 from error
    return HttpResponse(code, content_type="text/plain; charset=utf-8")


@require_GET
@cache_control(private=True, max_age=300)
@organization_view(role=Role.VIEWER)
def request_media(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """A picture or sound of the conversation, `?part=` its key. Nothing that could run: the types are a closed list."""
    detail = get_request_or_404(organization, id)
    found = conversation(detail.request_body, detail.response_body, detail.row.path, kind=detail.row.kind)
    part = find_part(found, request.GET.get("part", ""))
    if part is None:
        raise Http404
    try:
        media_type, content = media_of(part)
    except NoMedia as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@organization_view(role=Role.MEMBER)
def property_set(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Add a property, or change it."""
    name, value = request.POST.get("name", ""), request.POST.get("value", "")
    return _annotated(
        request,
        organization,
        id,
        lambda: actions.set_property(organization_id=organization.pk, id=id, name=name, value=value),
    )


@require_POST
@organization_view(role=Role.MEMBER)
def property_delete(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Also fine when it has no such property: then it was deleted in another tab."""
    name = request.POST.get("name", "")
    return _annotated(
        request,
        organization,
        id,
        lambda: actions.delete_property(organization_id=organization.pk, id=id, name=name),
    )


@require_POST
@organization_view(role=Role.MEMBER)
def score_set(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Add a score, or change it."""

    def write() -> None:
        try:
            value = float(request.POST.get("value", ""))
        except ValueError as error:
            raise BadAnnotation("A score is a number.") from error
        actions.set_score(
            organization_id=organization.pk, id=id, name=request.POST.get("name", ""), value=value
        )

    return _annotated(request, organization, id, write)


@require_POST
@organization_view(role=Role.MEMBER)
def feedback_set(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """A thumb up or down; an empty one takes it back."""
    thumb = thumb_in(request.POST)
    return _annotated(
        request,
        organization,
        id,
        lambda: actions.set_feedback(organization_id=organization.pk, id=id, is_positive=thumb),
    )


def thumb_in(data: QueryDict) -> bool | None:
    """Returns whether the form's `thumb` is up, None for neither. Raises Http404 for what is no thumb."""
    thumb = data.get("thumb", "")
    if thumb not in _THUMBS:
        raise Http404
    return _THUMBS[thumb]


def _annotated(
    request: PageRequest, organization: Organization, id: UUID, write: Callable[[], None]
) -> HttpResponse:
    """Returns the request as it is afterwards: for htmx alone, else as a page; with what was wrong, if anything."""
    problem = ""
    try:
        write()
    except BadAnnotation as error:
        problem = str(error)
    except RequestNotFound as error:
        raise Http404 from error
    tab = request.POST.get("tab", "")
    if not request.htmx and not problem:
        query = f"?tab={tab}" if tab in TABS else ""
        return redirect(f"{request.path.partition(str(id))[0]}{id}/{query}")
    context = {
        "organization": organization,
        "page": detail_page(request, organization, id, tab=tab),
        "problem": problem,
        "in_drawer": "in_drawer" in request.POST,
    }
    if request.htmx:
        return render(request, "requests_app/_detail.html", context)
    return render(request, "requests_app/detail.html", context, status=INVALID)
