"""Plain scripts against Helicone's REST API, as its documentation has them: nothing but the host is changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ingest_app.events import now_us
from requests_app.models import Request
from tests.clients.driver import Shown, show_once
from tests.events import chat_event, log
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack, Tenant

HOUR_US = 3_600_000_000
NAMES = ("first", "second", "third")


@pytest.fixture
def shown(
    make_tenant: Callable[[], Tenant],
    provider: ProviderHandle,
    stack: Stack,
    wait_for_rows: Callable[..., list[Request]],
) -> Shown:
    made: list[Tenant] = []
    began_us = now_us() - now_us() % HOUR_US - 3 * HOUR_US

    def tenant() -> Tenant:
        made.append(make_tenant())
        return made[-1]

    def job(mark: str, key: str) -> dict[str, Any]:
        organization_id = made[0].id
        log(
            *(
                chat_event(
                    organization_id,
                    at_us=began_us + number * HOUR_US,
                    text=f"the {name} question",
                    request_id=name,
                    user_id="ada",
                    session_id="s1",
                    session_name="Checkout",
                    session_path=f"/{name}",
                    properties={"Environment": "test"},
                )
                for number, name in enumerate(NAMES)
            )
        )
        wait_for_rows(organization_id, len(NAMES))
        return {"url": stack.url, "key": key, "mark": mark, "hours": _hours(began_us)}

    return show_once("helicone-rest-scripts", "python/helicone_rest_scripts.py", job, tenant, provider)


def _hours(began_us: int) -> list[tuple[str, str]]:
    """Returns the beginnings and ends of three hours, as their example writes times."""
    began = datetime.fromtimestamp(began_us / 1e6, UTC)
    edges = [f"{began + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}" for hour in range(4)]
    return list(pairwise(edges))


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("requests_of_a_user", ["third", "second", "first"]),
        ("one_session", [{"path": f"/{name}", "asked": f"the {name} question"} for name in NAMES]),
        ("export_by_the_hour", list(NAMES)),
        ("scores_of_unscored_requests", 0),
        ("feedback_right_after_an_answer", [True, 1]),
        ("property_set_afterwards", "yes"),
        ("cost_of_users", [["ada", 3, True]]),
        ("names_of_sessions", [["Checkout", 1]]),
        ("values_of_a_property", [["Environment", "Reviewed"], ["test"]]),
    ],
)
def test_a_documented_script_does_here_what_it_does_there(shown: Shown, script: str, result: Any) -> None:
    assert shown.results[script] == result
