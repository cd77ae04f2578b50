"""Short addresses that lead into the organization that one looked at last."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts_app.access import UserRequest
from accounts_app.queries import current_organization


@require_GET
def home(request: UserRequest) -> HttpResponse:
    """The first page is the list of requests."""
    return requests(request)


@require_GET
def requests(request: UserRequest) -> HttpResponse:
    """To the list of requests, filters and all."""
    organization = current_organization(user=request.user, slug=request.session.get("organization"))
    if organization is None:
        return redirect("accounts:organization-create")
    url = reverse("requests:list", kwargs={"organization": organization.slug})
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"{url}?{query}" if query else url)
