"""Which panels a member sees, in which order and how large."""

import pytest

from accounts_app.models import Membership, Role
from metrics_app import layouts
from metrics_app.layouts import BadLayout, Dashboard, Panel, Placed
from tests.cast import Cast, make_cast
from tests.live import Stack

COST = Panel("cost", "Cost", 3, "s")
LATENCY = Panel("latency", "Latency", 6, "m")
THREATS = Panel("threats", "Threats", 6, "m", is_shown=False)
DASHBOARD = Dashboard("dashboard", (COST, LATENCY, THREATS))
BEFORE = [Placed(COST, 3, "s"), Placed(LATENCY, 6, "m")]


@pytest.fixture
def cast(stack: Stack) -> Cast:
    return make_cast()


@pytest.fixture
def viewer(cast: Cast) -> Membership:
    return cast.membership(Role.VIEWER)


def test_who_changed_nothing_sees_the_default(viewer: Membership) -> None:
    assert layouts.layout_of(viewer, DASHBOARD) == BEFORE
    assert layouts.hidden_panels(DASHBOARD, BEFORE) == [THREATS]


def test_order_and_sizes_are_kept(viewer: Membership) -> None:
    layouts.save_layout(viewer, DASHBOARD, layouts.read_layout(DASHBOARD, "threats:12:l cost:4:m"))
    assert layouts.layout_of(viewer, DASHBOARD) == [Placed(THREATS, 12, "l"), Placed(COST, 4, "m")]


def test_what_one_member_changes_no_other_one_sees(cast: Cast, viewer: Membership) -> None:
    layouts.save_layout(viewer, DASHBOARD, [])
    assert layouts.layout_of(viewer, DASHBOARD) == []
    assert layouts.layout_of(cast.membership(Role.OWNER), DASHBOARD) == BEFORE


def test_each_dashboard_has_a_layout_of_its_own(viewer: Membership) -> None:
    layouts.save_layout(viewer, DASHBOARD, [])
    other = Dashboard("cost", DASHBOARD.panels)
    assert layouts.layout_of(viewer, other) == BEFORE


def test_a_reset_brings_the_default_back(viewer: Membership) -> None:
    layouts.save_layout(viewer, DASHBOARD, [])
    layouts.reset_layout(viewer, DASHBOARD)
    assert layouts.layout_of(viewer, DASHBOARD) == BEFORE


def test_a_panel_that_is_gone_is_left_out(viewer: Membership) -> None:
    layouts.save_layout(viewer, DASHBOARD, BEFORE)
    later = Dashboard("dashboard", (LATENCY,))
    assert layouts.layout_of(viewer, later) == [Placed(LATENCY, 6, "m")]


def test_an_added_panel_comes_last_in_its_own_size() -> None:
    assert layouts.with_panel(DASHBOARD, BEFORE, "threats") == [*BEFORE, Placed(THREATS, 6, "m")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("weather:3:s", "There is no panel called weather."),
        ("cost:5:s", "Cost cannot have this size."),
        ("cost:3:xl", "Cost cannot have this size."),
        ("cost", "Cost cannot have this size."),
        ("cost:3:s cost:4:s", "Cost is there twice."),
    ],
)
def test_a_layout_that_cannot_be_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadLayout, match=reason):
        layouts.read_layout(DASHBOARD, text)


def test_a_panel_is_added_once() -> None:
    with pytest.raises(BadLayout, match=r"Cost is there already."):
        layouts.with_panel(DASHBOARD, BEFORE, "cost")
