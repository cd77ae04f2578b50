"""The one door to a page of an organization: the role is declared, strangers see what does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts_app.models import Membership, Role, User
from accounts_app.queries import NotAMember, membership_of

View = Callable[..., HttpResponseBase]


class UserRequest(HttpRequest):
    """A request of somebody who is logged in: all but the few public views get no other."""

    user: User


class MemberRequest(UserRequest):
    """A request that passed `organization_view`."""

    membership: Membership


def organization_view(*, role: Role) -> Callable[[View], View]:
    """Swap the URL's `organization` slug for the Organization, if the user has `role` or more in it.

    The view gets `organization` as a keyword, and `request.membership`. Answers 404 to strangers, the same
    as for an organization that does not exist, and 403 to members whose role is too low. The declared role
    can be read from the view (`required_role`): a test walks all URLs for it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: MemberRequest, *, organization: str, **kwargs: Any) -> HttpResponseBase:
            try:
                membership = membership_of(user=request.user, slug=organization)
            except NotAMember as error:
                raise Http404 from error
            if membership.role < role:
                raise PermissionDenied(f"This needs the role {role.label.lower()} or higher.")
            request.membership = membership
            request.session["organization"] = organization
            return view(request, organization=membership.organization, **kwargs)

        checked.required_role = role  # type: ignore[attr-defined]
        return checked

    return decorate
