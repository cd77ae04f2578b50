"""The Prices pages: what is charged, prices of one's own, and working costs out anew."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from gateway_app.catalog import CATALOG
from ingest_app.models import CostRecompute, PriceOverride
from ingest_app.price_overrides import (
    NoSuchPrice,
    TooManyPrices,
    prices_of,
    remove_price,
    set_price,
)
from ingest_app.recompute import (
    TooManyRecomputes,
    cancel_recompute,
    order_recompute,
    recomputes_of,
)
from metrics_app.prices import catalogue, queries, shown
from metrics_app.prices.forms import OwnPriceForm, RecomputeForm, initial_prices
from metrics_app.prices.kinds import SPECIAL, USUAL

INVALID = 422
SHOWN_RECOMPUTES = 5
SHOWN_LISTED = 100


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def price_page(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """What is charged and what is not; for htmx the list of recomputes alone."""
    context = _recomputes_context(request, organization)
    if getattr(request, "htmx", False):
        return render(request, "metrics_app/prices/_recomputes.html", context)
    now = timezone.now()
    unknown = queries.unknown_models(organization.pk, now=now)
    context |= {
        "unknown": unknown,
        "unknown_rows": [shown.unknown_row(one, now) for one in unknown.models],
        "unknown_days": queries.UNKNOWN_DAYS,
        "own": [shown.own_row(one) for one in prices_of(organization)],
        "used": [shown.used_row(one) for one in queries.prices_in_use(organization.pk)],
        "latest": queries.LATEST,
        "changes": queries.changes_of_prices(organization),
        "usual": USUAL,
    }
    return render(request, "metrics_app/prices/page.html", context)


@require_GET
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def price_list(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The list that costs are worked out by, searched for `q`; for htmx what was found alone."""
    text = request.GET.get("q", "")
    found = catalogue.search_listed(text, timezone.now())
    context = {
        "organization": organization,
        "text": text,
        "found": len(found),
        "rows": [shown.listed_row(one) for one in found[:SHOWN_LISTED]],
        "usual": USUAL,
        "may_set": request.membership.role >= Role.ADMIN,
    }
    is_partial = getattr(request, "htmx", False)
    return render(request, f"metrics_app/prices/{'_listed' if is_partial else 'list'}.html", context)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def own_price(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Set a price for `provider` and `model`, or change the one with the id `price`; 422 when it makes no sense.

    The fields begin with the prices of the listed model `like_model` of `like_provider`, if one is named.
    """
    now = timezone.now()
    form = OwnPriceForm(request.POST or None, initial=_initial(request, organization, now))
    if request.method == "POST" and form.is_valid():
        try:
            price = set_price(
                organization=organization,
                provider=form.cleaned_data["provider"],
                model=form.cleaned_data["model"],
                usd_per_mtok=form.usd_per_mtok(),
                valid_from=form.cleaned_data["valid_from"],
                actor=request.user,
                replaces=form.cleaned_data["replaces"],
            )
        except TooManyPrices as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, f"The price of {price} is saved. Requests from now on are charged by it."
            )
            return _offer_recompute(organization, price)
    provider, model = str(form["provider"].value() or ""), str(form["model"].value() or "")
    context = {
        "organization": organization,
        "form": form,
        "usual_fields": [form[kind.name] for kind in USUAL],
        "special_fields": [form[kind.name] for kind in SPECIAL],
        "is_special_open": any(form[kind.name].value() or form[kind.name].errors for kind in SPECIAL),
        "like_query": urlencode({"provider": provider, "model": model}),
        "similar": [shown.similar(one) for one in catalogue.similar_models(provider, model, now)],
        "provider_names": sorted(CATALOG.by_name),
    }
    return render(request, "metrics_app/prices/own.html", context, status=INVALID if form.errors else 200)


@require_POST
@organization_view(role=Role.ADMIN)
def own_price_remove(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Go back to the list for the models of `price`; also fine when that was done in another tab."""
    try:
        price = remove_price(
            organization=organization, id=_id(request.POST.get("price", "")), actor=request.user
        )
    except NoSuchPrice:
        messages.info(request, "This price is no longer there.")
        return redirect("metrics:prices", organization.slug)
    messages.success(
        request, f"The price of {price} is removed. Requests from now on are charged by the list."
    )
    return _offer_recompute(organization, price)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def recompute(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Order the costs of logged requests to be worked out anew; 422 when the period makes no sense."""
    # What an address says is checked as well.
    form = RecomputeForm(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and form.is_valid():
        try:
            order_recompute(organization=organization, actor=request.user, **form.cleaned_data)
        except TooManyRecomputes as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, "The costs are worked out anew in the background. You can leave this page."
            )
            return redirect("metrics:prices", organization.slug)
    context: dict[str, Any] = {"organization": organization, "form": form}
    if form.is_valid():
        context |= shown.concerned(organization, **form.cleaned_data)
    return render(
        request, "metrics_app/prices/recompute.html", context, status=INVALID if form.errors else 200
    )


@require_POST
@organization_view(role=Role.ADMIN)
def recompute_cancel(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Stop the one with the id `recompute`; what was changed stays so. 404 where it is not the organization's."""
    found = recomputes_of(organization).filter(pk=_id(request.POST.get("recompute", ""))).first()
    if found is None:
        raise Http404
    cancel_recompute(found)
    return redirect("metrics:prices", organization.slug)


def _recomputes_context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    found: list[CostRecompute] = list(recomputes_of(organization)[:SHOWN_RECOMPUTES])
    return {
        "organization": organization,
        "recomputes": found,
        "is_waiting": any(one.is_unfinished for one in found),
        "may_set": request.membership.role >= Role.ADMIN,
    }


def _initial(request: MemberRequest, organization: Organization, now: datetime) -> dict[str, Any]:
    """Returns what the form begins with. Raises Http404 for a price that is not there."""
    asked = request.GET
    if "price" in asked:
        price = prices_of(organization).filter(pk=_id(asked["price"])).first()
        if price is None:
            raise Http404
        usd = {kind: Decimal(text) for kind, text in price.usd_per_mtok.items()}
        initial: dict[str, Any] = {
            "provider": price.provider,
            "model": price.model,
            "valid_from": price.valid_from,
            "replaces": price.pk,
            **initial_prices(usd),
        }
    else:
        initial = {"provider": asked.get("provider", ""), "model": asked.get("model", "")}
    like = catalogue.find_listed(asked.get("like_provider", ""), asked.get("like_model", ""), now)
    return initial | (initial_prices(like.usd_per_mtok) if like else {})


def _offer_recompute(organization: Organization, price: PriceOverride) -> HttpResponseRedirect:
    since = price.valid_from or timezone.now() - timedelta(days=queries.UNKNOWN_DAYS)
    asked = {
        "provider": price.provider,
        "model": price.model,
        "since": f"{timezone.localtime(since):%Y-%m-%dT%H:%M:%S}",
    }
    return HttpResponseRedirect(
        f"{reverse('metrics:recompute', args=[organization.slug])}?{urlencode(asked)}"
    )


def _id(text: str) -> int:
    """Returns the id, or 0, which nothing has, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
