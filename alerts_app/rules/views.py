"""The pages of alerts: all of them, one, and making one, below /o/<organization>/alerts/."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from alerts_app.notices.queries import channels
from alerts_app.rules import actions, queries, shown, words
from alerts_app.rules.actions import TooManyAlerts
from alerts_app.rules.course_shown import course_of_alert, course_of_rule
from alerts_app.rules.forms import AlertForm, initial_from, initial_of
from alerts_app.rules.models import Alert
from helicone_site import formats
from metrics_app.page import is_partial, may_wait
from requests_app.filter_language.known_values import KnownValues
from requests_app.views import NO_CONTENT, PageRequest

INVALID = 422
SHOWN_INCIDENTS = 20
SILENCES = {"1h": ("1 hour", 1), "4h": ("4 hours", 4), "1d": ("1 day", 24)}
_POLLED = {"alert-now": "_now", "alert-found": "_found"}
_LONGEST_SILENCE = timedelta(days=366)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def alert_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """All alerts, or those in `state`; for htmx without the page around them, 204 while they are as `known` says."""
    state = request.GET.get("state", "")
    state = state if state in {one.key for one in shown.STATES} else ""
    found = shown.overview(organization.pk, at=queries.clock(), state=state)
    is_part = is_partial(request, "alerts")
    if is_part and request.GET.get("known") == found.fingerprint:
        return HttpResponse(status=NO_CONTENT)
    context = _context(request, organization) | {"overview": found, "state": state}
    return render(request, f"alerts_app/rules/{'_list' if is_part else 'list'}.html", context)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def alert_create(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """Make an alert; 422 when it cannot be judged. An address may fill fields in by their names, or have a filter."""
    initial = {"emails": [request.user.email], **initial_from(request.GET)}
    form = _form(request, organization, initial)
    if _is_to_be_saved(request) and form.is_valid():
        try:
            alert = actions.create_alert(
                organization=organization, rule=form.cleaned_data["rule"], actor=request.user
            )
        except TooManyAlerts as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{alert.name} is watched from now on.")
            return redirect("alerts:alert", organization.slug, alert.pk)
    return _form_page(request, organization, form)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def alert_edit(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Change an alert; 422 when it could not be judged."""
    alert = _alert_or_404(organization, id)
    form = _form(request, organization, initial_of(alert))
    if _is_to_be_saved(request) and form.is_valid():
        alert = actions.update_alert(alert=alert, rule=form.cleaned_data["rule"])
        messages.success(request, f"{alert.name} is changed.")
        return redirect("alerts:alert", organization.slug, alert.pk)
    return _form_page(request, organization, form, alert)


@require_POST
@organization_view(role=Role.MEMBER)
def alert_preview(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """What the alert of a form, which need not be complete, would have said of the last windows."""
    form = _form(request, organization, {})
    context = _context(request, organization) | _preview_context(organization, form)
    return render(request, "alerts_app/rules/_preview.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def alert_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """One alert: how it is, its value over time, and its incidents. For htmx one of these."""
    alert = _alert_or_404(organization, id)
    context = _detail_context(request, organization, alert)
    for target, name in _POLLED.items():
        if is_partial(request, target):
            return render(request, f"alerts_app/rules/{name}.html", context)
    if may_wait(request, "alert-chart"):
        context["course"] = course_of_alert(alert, at=context["at"])
    if is_partial(request, "alert-chart"):
        return render(request, "alerts_app/rules/_course.html", context)
    return render(request, "alerts_app/rules/detail.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def alert_pause(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Watch no longer, or again: what `active` says."""
    alert = _alert_or_404(organization, id)
    if request.POST.get("active"):
        actions.resume(alert=alert)
        messages.success(request, f"{alert.name} is watched again.")
    else:
        actions.pause(alert=alert)
        messages.success(request, f"{alert.name} is paused: it watches nothing until it is resumed.")
    return redirect("alerts:alert", organization.slug, alert.pk)


@require_POST
@organization_view(role=Role.MEMBER)
def alert_silence(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Tell nobody for a while: as long as `for`, one of `SILENCES`, or `until` a moment; `for=none` ends it."""
    alert = _alert_or_404(organization, id)
    chosen = request.POST.get("for", "")
    if chosen == "none":
        actions.silence(alert=alert, until=None)
        messages.success(request, f"{alert.name} tells people again.")
        return redirect("alerts:alert", organization.slug, alert.pk)
    now = queries.clock()
    until = now + timedelta(hours=SILENCES[chosen][1]) if chosen in SILENCES else _moment(request)
    if until is None or not now < until <= now + _LONGEST_SILENCE:
        messages.error(request, "Say until when: a moment of the coming year.")
    else:
        actions.silence(alert=alert, until=until)
        local = timezone.localtime(until)
        messages.success(
            request, f"{alert.name} is silenced until {formats.time_short(local, now)}. It goes on watching."
        )
    return redirect("alerts:alert", organization.slug, alert.pk)


@require_POST
@organization_view(role=Role.MEMBER)
def alert_test(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Send a test to all whom the alert tells, and show what came of each."""
    alert = _alert_or_404(organization, id)
    context = _detail_context(request, organization, alert) | {"outcomes": actions.test_alert(alert=alert)}
    name = "_outcomes" if is_partial(request, "outcomes") else "detail"
    return render(request, f"alerts_app/rules/{name}.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def alert_delete(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Watch no longer, and forget what happened."""
    alert = _alert_or_404(organization, id)
    actions.delete_alert(alert=alert)
    messages.success(request, f"{alert.name} is deleted.")
    return redirect("alerts:alerts", organization.slug)


def _alert_or_404(organization: Organization, id: UUID) -> Alert:
    try:
        return queries.alert_of(organization.pk, id)
    except queries.AlertNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "may_edit": request.membership.role >= Role.MEMBER}


def _detail_context(request: MemberRequest, organization: Organization, alert: Alert) -> dict[str, Any]:
    at = queries.clock()
    found = queries.incidents(organization.pk, alert=alert, limit=SHOWN_INCIDENTS)
    return _context(request, organization) | {
        "at": at,
        "alert": alert,
        "row": shown.alert_row(alert, at=at, incident=next(iter(found.rows), None)),
        "incidents": [shown.incident_row(incident, at=at, alert=alert) for incident in found.rows],
        "has_more": found.next_cursor is not None,
        "channels": alert.channels.order_by("name"),
        "silences": SILENCES,
    }


def _form(request: MemberRequest, organization: Organization, initial: dict[str, Any]) -> AlertForm:
    return AlertForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        organization_id=organization.pk,
        properties=KnownValues(organization.pk).property_names(),
        suggest_url=reverse("requests:suggest", args=[organization.slug]),
    )


def _is_to_be_saved(request: MemberRequest) -> bool:
    """The form has a second button, for who has no scripts: it shows the preview."""
    return request.method == "POST" and "preview" not in request.POST


def _form_page(
    request: MemberRequest, organization: Organization, form: AlertForm, alert: Alert | None = None
) -> HttpResponse:
    context = _context(request, organization) | {
        "form": form,
        "alert": alert,
        "has_channels": channels(organization.pk).exists(),
    }
    if "preview" in request.POST:
        context |= _preview_context(organization, form)
    is_wrong = _is_to_be_saved(request) and not form.is_valid()
    return render(request, "alerts_app/rules/form.html", context, status=INVALID if is_wrong else 200)


def _preview_context(organization: Organization, form: AlertForm) -> dict[str, Any]:
    if not form.is_valid():
        return {
            "problems": [
                (form[name].label, errors[0]) for name, errors in form.errors.items() if name in form.fields
            ]
        }
    rule = form.cleaned_data["rule"]
    return {
        "watches": words.watches(rule),
        "course": course_of_rule(organization.pk, rule, at=queries.clock()),
    }


def _moment(request: MemberRequest) -> datetime | None:
    """Returns `until`, on the clock of the viewer's zone; None for what is no moment."""
    try:
        found = parse_datetime(request.POST.get("until", ""))
        return found if found is None or timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        return None
