"""The Health page: the account of events, the pipeline, and the events that could not be stored."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from helicone_site.redis_client import sync_client
from ingest_app.dead_letters import NoSuchLetter, discard
from ingest_app.health import JUDGED_HOURS, SHOWN_LETTERS, look_at_health
from ingest_app.second_try import try_again, try_newest_again

PERIODS = ((24, "24 h"), (72, "3 d"), (168, "7 d"))


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def page(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The page; for htmx what changes in it, without what it says to show already (`verdict`, `letters`)."""
    hours = _hours(request)
    is_partial = bool(getattr(request, "htmx", False))
    context = {
        "organization": organization,
        "health": look_at_health(sync_client(), organization.pk, now=timezone.now(), hours=hours),
        "hours": hours,
        "periods": PERIODS,
        "shown_letters": SHOWN_LETTERS,
        "may_decide": request.membership.role >= Role.ADMIN,
        "shown_verdict": request.GET.get("verdict") if is_partial else None,
        "shown_mark": request.GET.get("letters") if is_partial else None,
    }
    return render(request, "ingest_app/_live.html" if is_partial else "ingest_app/health.html", context)


@require_POST
@organization_view(role=Role.ADMIN)
def letter_retry(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Try the dead letter `letter` again; 404 when it is no longer there."""
    try:
        reason = try_again(organization_id=organization.pk, id=_letter_id(request))
    except NoSuchLetter as error:
        raise Http404 from error
    if reason is None:
        messages.success(request, "The event is stored.")
    else:
        messages.error(request, f"The event still cannot be stored: {reason}")
    return _back(request, organization)


@require_POST
@organization_view(role=Role.ADMIN)
def letter_retry_all(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Try all letters again that the page shows."""
    outcome = try_newest_again(organization_id=organization.pk, limit=SHOWN_LETTERS)
    if outcome.stored:
        messages.success(request, f"Events stored: {outcome.stored}.")
    if outcome.reasons:
        number = len(outcome.reasons)
        messages.error(request, f"Still cannot be stored: {number}. The newest: {outcome.reasons[0]}")
    if not outcome.stored and not outcome.reasons:
        messages.info(request, "There was nothing to try again.")
    return _back(request, organization)


@require_POST
@organization_view(role=Role.ADMIN)
def letter_discard(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Throw the dead letter `letter` away; 404 when it is no longer there."""
    try:
        discard(organization_id=organization.pk, id=_letter_id(request))
    except NoSuchLetter as error:
        raise Http404 from error
    messages.success(request, "The event is discarded. The account counts it as dropped.")
    return _back(request, organization)


def _hours(request: MemberRequest) -> int:
    given = request.GET.get("hours", "")
    return next((hours for hours, _ in PERIODS if str(hours) == given), JUDGED_HOURS)


def _letter_id(request: MemberRequest) -> int:
    given = request.POST.get("letter", "")
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise Http404
    return int(given)


def _back(request: MemberRequest, organization: Organization) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('health:page', args=[organization.slug])}?hours={_hours(request)}")
