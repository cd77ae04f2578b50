"""Account pages: API keys, members, settings."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts_app import actions, queries
from accounts_app.access import MemberRequest, UserRequest, organization_view
from accounts_app.forms import AddMemberForm, ApiKeyForm, OrganizationForm, RoleForm
from accounts_app.invitations import invitation_link, mail_invitation
from accounts_app.models import Membership, Organization, Role

INVALID = 422
LAST_OWNER = "An organization keeps at least one owner. Make somebody else an owner first."


# API keys


@require_GET
@organization_view(role=Role.VIEWER)
def api_keys(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The list of keys, with the form for a new one."""
    return _api_keys_page(request, organization, ApiKeyForm())


@never_cache
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def api_key_create(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Answers with the same page: with the new secret, or with what is wrong (422)."""
    form = ApiKeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _api_keys_page(request, organization, form)
    issued = actions.issue_api_key(
        organization=organization,
        name=form.cleaned_data["name"],
        scope=form.cleaned_data["scope"],
        actor=request.user,
    )
    # Shown on this very answer: a redirect would have to carry the secret in a URL or in the session.
    return _api_keys_page(request, organization, ApiKeyForm(), issued=issued)


@require_POST
@organization_view(role=Role.MEMBER)
def api_key_revoke(request: MemberRequest, *, organization: Organization, key_id: int) -> HttpResponse:
    """403 for a member and somebody else's key."""
    api_key = get_object_or_404(queries.api_keys(organization), pk=key_id)
    if request.membership.role < Role.ADMIN and api_key.created_by != request.user:
        raise PermissionDenied("Members revoke only the keys that they made themselves. Ask an admin.")
    actions.revoke_api_key(api_key=api_key)
    messages.success(request, f"“{api_key.name}” is revoked. Calls with it are refused from now on.")
    return redirect("accounts:api-keys", organization.slug)


def _api_keys_page(
    request: MemberRequest,
    organization: Organization,
    form: ApiKeyForm,
    *,
    issued: actions.IssuedApiKey | None = None,
) -> HttpResponse:
    context = {
        "organization": organization,
        "form": form,
        "issued": issued,
        "api_keys": queries.api_keys(organization),
        "may_create": request.membership.role >= Role.MEMBER,
        "may_revoke_all": request.membership.role >= Role.ADMIN,
        "base_url": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "accounts/api_keys.html", context, status=INVALID if form.errors else 200)


# Members


@require_GET
@organization_view(role=Role.VIEWER)
def members(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Who belongs to the organization, with the form for somebody new."""
    return _members_page(request, organization, AddMemberForm(actor_role=request.membership.role))


@never_cache
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def member_add(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Answers with the same page: with a link to hand over if the person is new, or with what is wrong (422)."""
    form = AddMemberForm(request.POST or None, actor_role=request.membership.role)
    if request.method != "POST" or not form.is_valid():
        return _members_page(request, organization, form)
    email = form.cleaned_data["email"]
    try:
        added = actions.add_member(
            organization=organization, email=email, role=form.cleaned_data["role"], actor=request.membership
        )
    except actions.AlreadyMember:
        form.add_error("email", f"{email} is a member already.")
        return _members_page(request, organization, form)
    if added.pk in queries.awaiting_password(organization):
        return _with_invitation(request, organization, added)
    messages.success(request, f"{added.user.email} is added, and signs in with the password they have.")
    return redirect("accounts:members", organization.slug)


@require_POST
@organization_view(role=Role.ADMIN)
def member_role(request: MemberRequest, *, organization: Organization, member_id: int) -> HttpResponse:
    """403 for members above the own role, 422 for roles above it."""
    membership = get_object_or_404(queries.members(organization), pk=member_id)
    form = RoleForm(request.POST, actor_role=request.membership.role)
    if not form.is_valid():
        return HttpResponse(
            "Choose a role that is not above your own.", status=INVALID, content_type="text/plain"
        )
    role = form.cleaned_data["role"]
    try:
        actions.change_role(membership=membership, role=role, actor=request.membership)
    except actions.RoleTooHigh as error:
        raise PermissionDenied("Nobody changes a role above their own.") from error
    except actions.LastOwner:
        messages.error(request, LAST_OWNER)
    else:
        messages.success(request, f"{membership.user.email} is now {role.label.lower()}.")
    return redirect("accounts:members", organization.slug)


@require_POST
@organization_view(role=Role.ADMIN)
def member_remove(request: MemberRequest, *, organization: Organization, member_id: int) -> HttpResponse:
    """403 for members above the own role."""
    membership = get_object_or_404(queries.members(organization), pk=member_id)
    try:
        actions.remove_member(membership=membership, actor=request.membership)
    except actions.RoleTooHigh as error:
        raise PermissionDenied("Nobody removes somebody whose role is above their own.") from error
    except actions.LastOwner:
        messages.error(request, LAST_OWNER)
    else:
        messages.success(request, f"{membership.user.email} is removed.")
    return redirect("accounts:members", organization.slug)


@never_cache
@require_POST
@organization_view(role=Role.ADMIN)
def member_link(request: MemberRequest, *, organization: Organization, member_id: int) -> HttpResponse:
    """A new link for somebody who lost the first one; 403 where it would open more than this organization."""
    membership = get_object_or_404(queries.members(organization), pk=member_id)
    if membership.role > request.membership.role:
        raise PermissionDenied("This link would open an account whose role is above your own.")
    if membership.pk not in queries.awaiting_password(organization):
        raise PermissionDenied("This person has an account of their own, which such a link would open.")
    return _with_invitation(request, organization, membership)


def _with_invitation(
    request: MemberRequest, organization: Organization, membership: Membership
) -> HttpResponse:
    """Show the link on this very answer, and nowhere else: it is as good as a password."""
    link = invitation_link(request=request, membership=membership)
    invitation = {
        "membership": membership,
        "link": link,
        "mailed": mail_invitation(request=request, membership=membership, link=link),
    }
    form = AddMemberForm(actor_role=request.membership.role)
    return _members_page(request, organization, form, invitation=invitation)


def _members_page(
    request: MemberRequest,
    organization: Organization,
    form: AddMemberForm,
    *,
    invitation: dict[str, object] | None = None,
) -> HttpResponse:
    context = {
        "organization": organization,
        "form": form,
        "invitation": invitation,
        "members": queries.members(organization),
        "awaiting_password": queries.awaiting_password(organization),
        "may_manage": request.membership.role >= Role.ADMIN,
        "own_role": request.membership.role,
        "roles": [choice for choice in Role.choices if choice[0] <= request.membership.role],
    }
    return render(request, "accounts/members.html", context, status=INVALID if form.errors else 200)


# Settings


@require_GET
@organization_view(role=Role.VIEWER)
def organization_settings(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The organization's name, and what concerns the user alone."""
    return _settings_page(request, organization, OrganizationForm(initial={"name": organization.name}))


@require_POST
@organization_view(role=Role.OWNER)
def organization_rename(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Answers 422 with the page when the name is empty or too long."""
    form = OrganizationForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, organization, form)
    actions.rename_organization(organization=organization, name=form.cleaned_data["name"])
    messages.success(request, "The organization is renamed. Its address stays.")
    return redirect("accounts:settings", organization.slug)


@require_POST
@organization_view(role=Role.VIEWER)
def organization_leave(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The last owner stays, and is told why."""
    try:
        actions.remove_member(membership=request.membership, actor=request.membership)
    except actions.LastOwner:
        messages.error(request, LAST_OWNER)
        return redirect("accounts:settings", organization.slug)
    messages.success(request, f"You have left {organization.name}.")
    return redirect("home")


@require_http_methods(["GET", "POST"])
def organization_create(request: UserRequest) -> HttpResponse:
    """Also where a user lands who belongs to no organization."""
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organization = actions.create_organization(name=form.cleaned_data["name"], owner=request.user)
        messages.success(request, f"{organization.name} is yours. Make its first API key.")
        return redirect("accounts:api-keys", organization.slug)
    context = {"form": form, "is_first": not queries.memberships_of(request.user).exists()}
    return render(
        request, "accounts/organization_create.html", context, status=INVALID if form.errors else 200
    )


def _settings_page(
    request: MemberRequest, organization: Organization, form: OrganizationForm
) -> HttpResponse:
    context = {
        "organization": organization,
        "form": form,
        "create_form": OrganizationForm(auto_id="id_create_%s"),
        "may_rename": request.membership.role >= Role.OWNER,
    }
    return render(request, "accounts/settings.html", context, status=INVALID if form.errors else 200)
