"""Saved views: a view of the list under a name, for oneself or for the organization."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts_app.models import Membership, Role
from requests_app.models import SavedView

MAX_NAME_CHARACTERS = 100
MAX_QUERY_CHARACTERS = 20_000
MAX_VIEWS = 200  # of one person in one organization


class BadView(Exception):
    """A view that is not saved. `str()` of it says why."""


class NoSuchView(Exception):
    """There is none, or it is somebody else's."""


def views_for(membership: Membership) -> QuerySet[SavedView]:
    """Returns the views that this member may open: their own, and those shared in the organization; by name."""
    of_organization = SavedView.objects.filter(organization_id=membership.organization_id)
    seen = of_organization.filter(Q(owner_id=membership.user_id) | Q(is_shared=True))
    return seen.select_related("owner").order_by("name", "id")


def may_change(membership: Membership, view: SavedView) -> bool:
    """Returns whether this member may change the view: its owner, and admins."""
    return view.owner_id == membership.user_id or membership.role >= Role.ADMIN


def save_view(membership: Membership, *, name: str, query: str, is_shared: bool) -> SavedView:
    """Returns the new view, owned by the member. Raises BadView."""
    name = _checked_name(name)
    if len(query) > MAX_QUERY_CHARACTERS:
        raise BadView("This view is too long to be saved.")
    own = SavedView.objects.filter(organization_id=membership.organization_id, owner_id=membership.user_id)
    if own.count() >= MAX_VIEWS:
        raise BadView(f"You have {MAX_VIEWS} saved views: delete one first.")
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                organization_id=membership.organization_id,
                owner_id=membership.user_id,
                name=name,
                query=query,
                is_shared=is_shared,
            )
    except IntegrityError as error:
        raise BadView(f"You have a view called {name} already.") from error


def change_view(
    membership: Membership,
    id: int,
    *,
    name: str | None = None,
    query: str | None = None,
    is_shared: bool | None = None,
) -> SavedView:
    """Returns the view with what is not None changed. Raises BadView, NoSuchView."""
    view = _own(membership, id)
    view.name = view.name if name is None else _checked_name(name)
    view.query = view.query if query is None else query[:MAX_QUERY_CHARACTERS]
    view.is_shared = view.is_shared if is_shared is None else is_shared
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise BadView(f"There is a view called {view.name} already.") from error
    return view


def delete_view(membership: Membership, id: int) -> None:
    """Delete the view. Raises NoSuchView."""
    _own(membership, id).delete()


def _own(membership: Membership, id: int) -> SavedView:
    view = views_for(membership).filter(id=id).first()
    if view is None or not may_change(membership, view):
        raise NoSuchView(str(id))
    return view


def _checked_name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise BadView(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.")
    return name
