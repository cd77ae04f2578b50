"""Which panels of a dashboard somebody sees, in which order and how large: chosen by each for themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accounts_app.models import Membership
from metrics_app.models import Layout

Width = Literal[3, 4, 6, 8, 12]  # of twelve columns
Height = Literal["s", "m", "l"]
WIDTHS: dict[str, Width] = {"3": 3, "4": 4, "6": 6, "8": 8, "12": 12}
HEIGHTS: dict[str, Height] = {"s": "s", "m": "m", "l": "l"}


class BadLayout(Exception):
    """A layout that is not kept. `str()` of it says why."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that a dashboard offers, and the size that it has until somebody changes it."""

    name: str
    title: str
    width: Width
    height: Height
    is_shown: bool = True  # unless somebody hides it; else only when somebody adds it


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The panels of a page, in their order. The page's address is called `metrics:<name>`."""

    name: str
    panels: tuple[Panel, ...]

    def panel(self, name: str) -> Panel:
        """Returns the panel called `name`. Raises BadLayout."""
        for panel in self.panels:
            if panel.name == name:
                return panel
        raise BadLayout(f"There is no panel called {name}.")


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel in somebody's dashboard."""

    panel: Panel
    width: Width
    height: Height


def default_layout(dashboard: Dashboard) -> list[Placed]:
    """Returns what is shown to those who changed nothing."""
    return [Placed(panel, panel.width, panel.height) for panel in dashboard.panels if panel.is_shown]


def layout_of(membership: Membership, dashboard: Dashboard) -> list[Placed]:
    """Returns what this member sees; panels that no longer exist are left out."""
    kept = Layout.objects.filter(
        organization_id=membership.organization_id, owner_id=membership.user_id, dashboard=dashboard.name
    ).values_list("panels", flat=True)
    known = {panel.name: panel for panel in dashboard.panels}
    for panels in kept:
        return [Placed(known[name], width, height) for name, width, height in panels if name in known]
    return default_layout(dashboard)


def hidden_panels(dashboard: Dashboard, placed: Sequence[Placed]) -> list[Panel]:
    """Returns the panels that could be added."""
    shown = {one.panel.name for one in placed}
    return [panel for panel in dashboard.panels if panel.name not in shown]


def with_panel(dashboard: Dashboard, placed: Sequence[Placed], name: str) -> list[Placed]:
    """Returns the layout with one more panel at its end, in the size that it has at first. Raises BadLayout."""
    panel = dashboard.panel(name)
    if any(one.panel == panel for one in placed):
        raise BadLayout(f"{panel.title} is there already.")
    return [*placed, Placed(panel, panel.width, panel.height)]


def read_layout(dashboard: Dashboard, text: str) -> list[Placed]:
    """Returns the layout written as `requests:3:s cost_by_model:8:m`. Raises BadLayout."""
    placed: list[Placed] = []
    for part in text.split():
        name, _, size = part.partition(":")
        width, _, height = size.partition(":")
        panel = dashboard.panel(name)
        if width not in WIDTHS or height not in HEIGHTS:
            raise BadLayout(f"{panel.title} cannot have this size.")
        if any(other.panel == panel for other in placed):
            raise BadLayout(f"{panel.title} is there twice.")
        placed.append(Placed(panel, WIDTHS[width], HEIGHTS[height]))
    return placed


def save_layout(membership: Membership, dashboard: Dashboard, placed: Sequence[Placed]) -> None:
    """Keep what this member sees."""
    Layout.objects.update_or_create(
        organization_id=membership.organization_id,
        owner_id=membership.user_id,
        dashboard=dashboard.name,
        defaults={"panels": [[one.panel.name, one.width, one.height] for one in placed]},
    )


def reset_layout(membership: Membership, dashboard: Dashboard) -> None:
    """Forget what this member changed."""
    Layout.objects.filter(
        organization_id=membership.organization_id, owner_id=membership.user_id, dashboard=dashboard.name
    ).delete()
