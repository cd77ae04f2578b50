"""What belongs to the list of requests: what its filter bar offers, counts, columns, saved views, and bulk changes."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site import formats
from requests_app import columns, links, saved_views, selection, suggest
from requests_app.actions import BadAnnotation
from requests_app.counting import count_at_once
from requests_app.filters import FilterError, RequestFilter
from requests_app.paging import BadCursor, BadSort
from requests_app.queries import count_exactly, requests_of
from requests_app.views import NO_CONTENT, PageRequest, rows_context, shown_columns

INVALID = 422


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def request_rows(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The rows of the list that the address asks for; 204 when they are the ones that `known` says are shown."""
    filters = RequestFilter(request.GET)
    if not filters.is_valid():
        return HttpResponse(status=NO_CONTENT)
    try:
        context = rows_context(request, organization, filters)
    except (BadCursor, BadSort, FilterError):
        return HttpResponse(status=NO_CONTENT)
    if context["known"] == request.GET.get("known"):
        return HttpResponse(status=NO_CONTENT)
    return render(request, "requests_app/_rows.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def filter_suggest(request: PageRequest, *, organization: Organization) -> JsonResponse:
    """What may stand at the character `at` of the text `q`, from the newest requests of the address's period."""
    text, at = suggest.typed_in(request.GET)
    period = RequestFilter(links.period_of(request.GET)).period
    found = suggest.offer(organization_id=organization.pk, text=text, at=at, period=period)
    return JsonResponse(found.for_script())


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def request_count(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """How many requests match, exactly, in words."""
    filters = RequestFilter(request.GET)
    if not filters.is_valid():
        return HttpResponse(status=INVALID)
    try:
        number = count_exactly(organization_id=organization.pk, filters=filters)
    except FilterError as error:
        return HttpResponse(str(error), status=INVALID, content_type="text/plain; charset=utf-8")
    words = f"{formats.count(number)} request{'' if number == 1 else 's'}"
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def request_count_at_once(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The elements that say how many requests match, as the list has them; 204 for a filter that cannot be read."""
    filters = RequestFilter(request.GET)
    if not filters.is_valid():
        return HttpResponse(status=NO_CONTENT)
    try:
        count = count_at_once(organization_id=organization.pk, filters=filters)
    except FilterError:
        return HttpResponse(status=NO_CONTENT)
    context = {
        "organization": organization,
        "filters": filters,
        "count": count,
        "view_query": links.of_view(request.GET),
    }
    return render(request, "requests_app/_counts.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def column_choices(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The form that chooses columns; properties and scores are those of the newest requests."""
    newest = requests_of(organization.pk).order_by("-created_at", "-id")
    shown = shown_columns(request, organization)
    choices = columns.choices(
        shown, properties=suggest.property_names(newest), scores=suggest.score_names(newest)
    )
    context = {"organization": organization, "shown": {column.name for column in shown}, "choices": choices}
    return render(request, "requests_app/_columns.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def selected_property(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """Give a property to the requests in `ids`, or with `all` to those that the query string `query` finds."""
    query = QueryDict(request.POST.get("query", ""))
    try:
        done = selection.add_property(
            organization_id=organization.pk,
            ids=_selected(request, organization, query),
            name=request.POST.get("name", ""),
            value=request.POST.get("value", ""),
        )
    except (BadAnnotation, FilterError, selection.TooMany) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Property added to {done:,} request{'' if done == 1 else 's'}.")
    return _to_list(organization, query)


@require_POST
@organization_view(role=Role.VIEWER)
def view_save(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """Keep the query string `query` under a name; only members share theirs."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    may_share = request.membership.role >= Role.MEMBER
    try:
        view = saved_views.save_view(
            request.membership,
            name=request.POST.get("name", ""),
            query=links.of_view(query),
            is_shared=may_share and "shared" in request.POST,
        )
    except saved_views.BadView as error:
        messages.error(request, str(error))
    else:
        query["view"] = str(view.pk)
    return _to_list(organization, query)


@require_POST
@organization_view(role=Role.VIEWER)
def view_change(request: PageRequest, *, organization: Organization, view_id: int) -> HttpResponse:
    """Give a saved view what is now looked for (`update`), or another name and readers."""
    query = QueryDict(request.POST.get("query", ""))
    is_update = "update" in request.POST
    try:
        saved_views.change_view(
            request.membership,
            view_id,
            name=None if is_update else request.POST.get("name", ""),
            query=links.of_view(query) if is_update else None,
            is_shared=None if is_update else "shared" in request.POST,
        )
    except saved_views.NoSuchView as error:
        raise Http404 from error
    except saved_views.BadView as error:
        messages.error(request, str(error))
    return _to_list(organization, query)


@require_POST
@organization_view(role=Role.VIEWER)
def view_delete(request: PageRequest, *, organization: Organization, view_id: int) -> HttpResponse:
    """Delete a saved view; what it showed stays shown."""
    try:
        saved_views.delete_view(request.membership, view_id)
    except saved_views.NoSuchView as error:
        raise Http404 from error
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query.pop("view", None)
    return _to_list(organization, query)


def _selected(request: PageRequest, organization: Organization, query: QueryDict) -> list[UUID]:
    """Returns the ids that are meant. Raises FilterError, TooMany."""
    if "all" in request.POST:
        filters = RequestFilter(query)
        if not filters.is_valid():
            raise FilterError("This filter cannot be read.")
        return selection.ids_matching(organization_id=organization.pk, filters=filters)
    try:
        return [UUID(id) for id in request.POST.get("ids", "").split(",") if id]
    except ValueError as error:
        raise FilterError("These are no ids of requests.") from error


def _to_list(organization: Organization, query: QueryDict) -> HttpResponse:
    return redirect(f"{reverse('requests:list', args=[organization.slug])}?{query.urlencode()}")
