"""What every page needs around its content: navigation, organization, theme."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts_app.models import Membership, Organization, Role
from accounts_app.queries import memberships_of
from alerts_app.rules.queries import open_incidents


@dataclass(frozen=True, slots=True)
class NavPage:
    """One entry of the navigation. `keys` is the letter that follows `g`."""

    url_name: str
    label: str
    icon: str
    keys: str = ""
    role: Role = Role.VIEWER
    is_of_organization: bool = True
    # Of an organization's id: how many things want to be looked at.
    count: Callable[[int], int] | None = None


def _open_incidents(organization_id: int) -> int:
    return open_incidents(organization_id).count()


NAVIGATION: tuple[tuple[str, tuple[NavPage, ...]], ...] = (
    (
        "",
        (
            NavPage("metrics:dashboard", "Dashboard", "dashboard", "d"),
            NavPage("requests:list", "Requests", "requests", "r"),
            NavPage("sessions:list", "Sessions", "sessions", "s"),
            NavPage("metrics:users", "Users", "user", "u"),
            NavPage("metrics:properties", "Properties", "tag", "o"),
            NavPage("metrics:models", "Models", "models", "l"),
            NavPage("metrics:costs", "Cost", "cost", "c"),
            NavPage("metrics:suggestions", "Suggestions", "bulb", "i"),
        ),
    ),
    (
        "Watch",
        (
            NavPage("alerts:live", "Live", "live", "f"),
            NavPage("alerts:alerts", "Alerts", "bell", "w", count=_open_incidents),
            NavPage("alerts:budgets", "Budgets", "wallet", "b"),
            NavPage("alerts:rate-limits", "Rate limits", "gauge", "t"),
            NavPage("alerts:webhooks", "Webhooks", "webhook", "e"),
            NavPage("alerts:reports", "Reports", "report", "n"),
        ),
    ),
    (
        "Set up",
        (
            NavPage("providers:list", "Providers", "plug", "p"),
            NavPage("accounts:api-keys", "API keys", "key", "k"),
            NavPage("accounts:members", "Members", "team", "m"),
            NavPage("accounts:settings", "Settings", "gear", ","),
            NavPage("health:page", "Health", "health", "h"),
            NavPage("api-docs", "API docs", "book", "a", is_of_organization=False),
        ),
    ),
)
THEMES = (
    ("system", "Same as system", "icons/monitor.svg"),
    ("light", "Light", "icons/sun.svg"),
    ("dark", "Dark", "icons/moon.svg"),
)


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon_template: str
    keys: str
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str
    items: list[NavItem]


@dataclass(frozen=True, slots=True)
class OrganizationChoice:
    name: str
    url: str
    is_current: bool


class Shell:
    """Read by the templates only; each part is worked out when a template asks, so that partials stay cheap."""

    themes = THEMES

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        """The `theme` cookie: system, light or dark."""
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in {name for name, _, _ in THEMES} else "system"

    @property
    def nav_state(self) -> str:
        """The `nav` cookie: open or collapsed."""
        return "collapsed" if self._request.COOKIES.get("nav") == "collapsed" else "open"

    @cached_property
    def _memberships(self) -> list[Membership]:
        user = getattr(self._request, "user", None)
        return list(memberships_of(user)) if user is not None and user.is_authenticated else []

    @cached_property
    def membership(self) -> Membership | None:
        """The one the page is about, else the one looked at last, else the oldest; None for strangers."""
        of_page: Membership | None = getattr(self._request, "membership", None)
        if of_page is not None:
            return of_page
        slug = self._request.session.get("organization") if self._memberships else None
        last = next((m for m in self._memberships if m.organization.slug == slug), None)
        return last or next(iter(self._memberships), None)

    @property
    def organization(self) -> Organization | None:
        return self.membership.organization if self.membership else None

    @cached_property
    def organizations(self) -> list[OrganizationChoice]:
        return [
            OrganizationChoice(
                name=m.organization.name,
                url=reverse("requests:list", args=[m.organization.slug]),
                is_current=m.organization == self.organization,
            )
            for m in self._memberships
        ]

    @cached_property
    def nav(self) -> list[NavGroup]:
        """The groups with at least one page that the viewer's role may open."""
        if self.membership is None:
            return []
        groups = [
            NavGroup(label, [self._item(page) for page in pages if page.role <= self.membership.role])
            for label, pages in NAVIGATION
        ]
        return [group for group in groups if group.items]

    def _item(self, page: NavPage) -> NavItem:
        slug = self.organization.slug if self.organization else ""
        url = reverse(page.url_name, args=[slug] if page.is_of_organization else [])
        return NavItem(
            label=page.label,
            url=url,
            icon_template=f"icons/{page.icon}.svg",
            keys=page.keys,
            # A detail page belongs to its list.
            is_current=self._request.path.startswith(url),
            count=page.count(self.organization.pk) if page.count and self.organization else 0,
        )


def shell(request: HttpRequest) -> dict[str, Any]:
    """Returns `shell`, which document.html and parts/navigation.html read."""
    return {"shell": Shell(request)}
