"""The Data page: how long traffic is kept, and erasing some of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app import data as actions
from accounts_app import queries
from accounts_app.access import MemberRequest, organization_view
from accounts_app.forms import EraseAllForm, ErasureForm, PlanForm
from accounts_app.models import ErasureKind, Organization, Plan, Role

INVALID = 422
SHOWN_ERASURES = 50
UNDER_WAY = "This is being erased already. What arrives after that can be erased when it is finished."


@require_GET
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def data(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The page; for htmx the list of erasures alone."""
    if getattr(request, "htmx", False):
        context = {"erasures": queries.erasures(organization)[:SHOWN_ERASURES], "organization": organization}
        return render(request, "accounts/_erasures.html", context)
    return _data_page(request, organization)


@require_POST
@organization_view(role=Role.OWNER)
def plan_choose(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Answers 422 with the page when the number of days makes no sense."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _data_page(request, organization, plan_form=form)
    actions.choose_plan(
        organization=organization,
        plan=Plan(form.cleaned_data["plan"]),
        retention_days=form.cleaned_data["retention_days"],
        keeps_totals=form.cleaned_data["keeps_totals"],
    )
    kept = f"for {organization.kept_days} days" if organization.kept_days else "for ever"
    messages.success(request, f"Traffic is kept {kept}.")
    return redirect("accounts:data", organization.slug)


@require_POST
@organization_view(role=Role.ADMIN)
def erase(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Order the erasure of one user's or one session's data; 422 without an id."""
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _data_page(request, organization, erasure_form=form)
    kind = ErasureKind(form.cleaned_data["kind"])
    return _order(request, organization, kind, form.cleaned_data["value"])


@require_POST
@organization_view(role=Role.OWNER)
def erase_all(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Order the erasure of all traffic; 422 unless the organization's name was typed."""
    form = EraseAllForm(request.POST, organization=organization)
    if not form.is_valid():
        return _data_page(request, organization, erase_all_form=form)
    return _order(request, organization, ErasureKind.ORGANIZATION, "")


def _order(request: MemberRequest, organization: Organization, kind: ErasureKind, value: str) -> HttpResponse:
    try:
        actions.order_erasure(organization=organization, kind=kind, value=value, actor=request.user)
    except actions.ErasureUnderWay:
        messages.error(request, UNDER_WAY)
    else:
        messages.success(request, "The erasure has been ordered. You can leave this page.")
    return redirect("accounts:data", organization.slug)


def _data_page(
    request: MemberRequest,
    organization: Organization,
    *,
    plan_form: PlanForm | None = None,
    erasure_form: ErasureForm | None = None,
    erase_all_form: EraseAllForm | None = None,
) -> HttpResponse:
    """Each form is the one given, with its errors, or a fresh one."""
    plan = {
        "plan": organization.plan,
        "retention_days": organization.retention_days,
        "keeps_totals": organization.keeps_totals,
    }
    context = {
        "organization": organization,
        "plan_form": plan_form or PlanForm(initial=plan),
        "erasure_form": erasure_form or ErasureForm(),
        "erase_all_form": erase_all_form or EraseAllForm(organization=organization),
        "erasures": queries.erasures(organization)[:SHOWN_ERASURES],
        "may_choose_plan": request.membership.role >= Role.OWNER,
        "may_erase": request.membership.role >= Role.ADMIN,
        "may_erase_all": request.membership.role >= Role.OWNER,
    }
    invalid = any(form is not None for form in (plan_form, erasure_form, erase_all_form))
    return render(request, "accounts/data.html", context, status=INVALID if invalid else 200)
