"""The Providers page: which keys the gateway has, storing one, and trying one out."""

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts_app import actions, queries
from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from gateway_app.catalog import CATALOG
from providers_app.access import ProviderAccess, provider_accesses
from providers_app.checks import Outcome, Tone, check
from providers_app.forms import ProviderKeyForm

INVALID = 422
TOO_MANY = 429
# A list this short is read faster than it is searched.
SEARCHED_FROM = 13
# So much of a provider's patience an organization may use up.
SECONDS_BETWEEN_CHECKS = 2
TOO_SOON = Outcome(
    Tone.WARN, f"Not tried: one test every {SECONDS_BETWEEN_CHECKS} seconds. Try again in a moment."
)


@require_GET
@organization_view(role=Role.VIEWER)
def providers(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Which key the gateway has for each provider, and where it listens."""
    return _providers_page(request, organization)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def provider_key(request: MemberRequest, *, organization: Organization, provider: str) -> HttpResponse:
    """Store or replace a key. It is taken in here and never given out."""
    access = _access_or_404(organization, provider)
    form = ProviderKeyForm(
        request.POST or None, provider=access.provider, initial={"endpoint": access.endpoint}
    )
    if request.method == "POST" and form.is_valid():
        actions.store_provider_key(
            organization=organization,
            provider=provider,
            secret=form.cleaned_data.get("secret", ""),
            endpoint=form.cleaned_data.get("endpoint", ""),
            actor=request.user,
        )
        messages.success(request, f"The {access.provider.label} {access.noun} is stored.")
        return redirect("providers:list", organization.slug)
    context = {"organization": organization, "access": access, "form": form}
    return render(request, "providers_app/key.html", context, status=INVALID if form.errors else 200)


@require_POST
@organization_view(role=Role.ADMIN)
def provider_key_delete(request: MemberRequest, *, organization: Organization, provider: str) -> HttpResponse:
    """Also fine when no key is stored: then it was deleted in another tab."""
    access = _access_or_404(organization, provider)
    actions.delete_provider_key(organization=organization, provider=provider)
    messages.success(request, f"The {access.provider.label} {access.noun} is deleted.")
    return redirect("providers:list", organization.slug)


@require_POST
@organization_view(role=Role.ADMIN)
def provider_key_test(request: MemberRequest, *, organization: Organization, provider: str) -> HttpResponse:
    """Answers with what came of one call to the provider: for htmx alone, else in the page. 429 when too soon."""
    access = _access_or_404(organization, provider)
    may_check = cache.add(f"provider-check:{organization.pk}", True, timeout=SECONDS_BETWEEN_CHECKS)
    outcome = check(access) if may_check else TOO_SOON
    status = 200 if may_check else TOO_MANY
    if getattr(request, "htmx", False):
        return render(request, "providers_app/_outcome.html", {"outcome": outcome}, status=status)
    return _providers_page(
        request, organization, checked=access.provider.name, outcome=outcome, status=status
    )


def _access_or_404(organization: Organization, name: str) -> ProviderAccess:
    provider = CATALOG.by_name.get(name)
    if provider is None:
        raise Http404(f"No provider {name}.")
    return ProviderAccess(provider, queries.provider_keys(organization).get(name))


def _providers_page(
    request: MemberRequest,
    organization: Organization,
    *,
    checked: str = "",
    outcome: Outcome | None = None,
    status: int = 200,
) -> HttpResponse:
    """`outcome` is shown in the row of the provider `checked`."""
    accesses = provider_accesses(organization)
    context = {
        "organization": organization,
        "set_up": [access for access in accesses if access.is_set_up],
        "others": [access for access in accesses if not access.is_set_up],
        "is_searched": len(accesses) >= SEARCHED_FROM,
        "checked": checked,
        "outcome": outcome,
        "may_manage": request.membership.role >= Role.ADMIN,
        "base_url": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "providers_app/list.html", context, status=status)
