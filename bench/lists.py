"""How quickly the Requests page answers on the data set of `bench.data`: `make bench-lists`.

Traffic goes on meanwhile. `--plans FILE` also writes what PostgreSQL does for each.
"""

import argparse
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bench.data import PHRASE, RARE, data_set, set_up_django

if TYPE_CHECKING:
    from tests.web_client import WebClient

REPEATS = 7
EVENTS_PER_S = 300
QUARTER = {"range": "90d"}  # all of the data set
# What is asked, and the query string that asks it.
QUESTIONS: dict[str, dict[str, str]] = {
    "first view": {},
    "first view, all weeks": QUARTER,
    "a model": {"q": "model:gpt-4o"},
    "a seldom model": {"q": "model:grok-4"},
    "models by prefix": {"q": "model:gpt-4*"},
    "a part of a model's name": {"q": "model:*sonnet*"},
    "a provider": {"q": "provider:anthropic"},
    "a seldom provider": {"q": "provider:xai"},
    "a user": {"q": "user:user-3"},
    "a seldom user": {"q": "user:user-997"},
    "a part of a user's name": {"q": "user:*r-99*"},
    "a session": {"q": "session:session-300000"},
    "a status": {"q": "status:429"},
    "errors": {"q": "status:5xx"},
    "an error's name": {"q": "error:content_policy_violation"},
    "a part of an error's name": {"q": "error:*policy*"},
    "all but successes": {"q": "-status:success"},
    "a property": {"q": "property.Environment:production"},
    "a seldom property": {"q": "property.Feature:feature-199"},
    "a property, not": {"q": "-property.Environment:production"},
    "a property, contains": {"q": "property.Feature:*e-19*"},
    "a property, contains, few": {"q": "property.Ticket:*77*"},
    "a property, exists": {"q": "has:property.Tier"},
    "a property, exists, few": {"q": "has:property.Ticket"},
    "a cost that few exceed": {"q": "cost>0.5"},
    "a cost that many exceed": {"q": "cost>0.001"},
    "a latency that few exceed": {"q": "latency>30s"},
    "a time to first token that few exceed": {"q": "ttft>10s"},
    "tokens that few exceed": {"q": "tokens>50000"},
    "feedback": {"q": "feedback:down"},
    "a score": {"q": "score.quality>0.99"},
    "streamed": {"q": "is:streamed"},
    "a model and a user": {"q": "model:gpt-4o user:user-500"},
    "a property and a status": {"q": "property.Feature:feature-150 status:429"},
    "two properties": {"q": "property.Environment:development property.Feature:feature-120"},
    "a seldom model, or a seldom user": {"q": "model:grok-4 OR user:user-997"},
    "a cost and a property": {"q": "cost>0.1 property.Tier:enterprise"},
    "a rare word": {"q": RARE},
    "a common word": {"q": "bababa"},
    "a phrase": {"q": f'"{PHRASE}"'},
    "a word that nobody wrote": {"q": "xyzzyplugh"},
    "a common word, of one user": {"q": "bababa user:user-900"},
    "dearest first": {"sort": "-cost"},
    "dearest first, all weeks": {"sort": "-cost", **QUARTER},
    "cheapest first": {"sort": "cost"},
    "slowest first": {"sort": "-latency_ms"},
    "most tokens first": {"sort": "-total_tokens"},
    "slowest first token first": {"sort": "-time_to_first_token_ms"},
    "dearest first, of a user": {"sort": "-cost", "q": "user:user-3"},
}
PAGES = 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument("--plans", type=Path)
    plans = parser.parse_args().plans
    with data_set() as instance:
        set_up_django(instance)
        from accounts_app.models import Organization, User
        from tests.web_client import WebClient

        organization = Organization.objects.get()
        client = WebClient(instance.url, User.objects.earliest("id"))
        page = f"/o/{organization.slug}/requests/"
        with traffic(organization.id):
            for name, query in QUESTIONS.items():
                _print(name, *_measured(client, f"{page}?{urlencode(query)}"))
            _print(f"page {PAGES}", *_measured(client, _page_reached(client, page)))
        if plans:
            plans.write_text(_plans(organization.id))


def _print(name: str, milliseconds: list[float], shown: str) -> None:
    print(f"{median(milliseconds):8,.0f} ms  {max(milliseconds):8,.0f} ms  {name}  ({shown})", flush=True)


def _measured(client: "WebClient", address: str) -> tuple[list[float], str]:
    """Returns the milliseconds of some views, the first left out, and what the page says it shows."""
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        page = client.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        assert page.status == 200, page.text
    found = re.search(r'<span>([\d,]+ of) <span id="count">(.*?)<', page.text, re.DOTALL)
    return taken[1:], " ".join(" ".join(found.groups()).split()) if found else "none"


def _page_reached(client: "WebClient", page: str) -> str:
    """Returns the address of page `PAGES`, gone to from the first by way of the links."""
    address = page
    for _ in range(PAGES - 1):
        found = re.search(
            r'href="(\?[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="(\?[^"]*)"', client.get(address).text
        )
        assert found is not None
        address = page + (found[1] or found[2]).replace("&amp;", "&")
    return address


@contextmanager
def traffic(organization_id: int) -> Iterator[None]:
    """New requests of the organization are written meanwhile."""
    from bench.pipeline import chat_event
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import append, wake

    done = threading.Event()

    def log() -> None:
        redis = sync_client()
        while not done.wait(0.1):
            append(redis, [chat_event(organization_id) for _ in range(EVENTS_PER_S // 10)])
            wake()

    thread = threading.Thread(target=log)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _plans(organization_id: int) -> str:
    """Returns a document of what PostgreSQL does for the first page of each question."""
    parts = [
        "# Plans\n\nWhat PostgreSQL does for the first page of each list of `bench.lists`; see performance.md."
    ]
    for name, query in QUESTIONS.items():
        asked = f"`{urlencode(query)}`" if query else "No filter."
        parts.append(
            f"## {name[0].upper()}{name[1:]}\n\n{asked}\n\n```\n{_plan(organization_id, query)}\n```"
        )
    return "\n\n".join(parts) + "\n"


def _plan(organization_id: int, query: dict[str, str]) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from requests_app.filters import RequestFilter
    from requests_app.queries import list_requests

    filters = RequestFilter({name: value for name, value in query.items() if name != "sort"})
    assert filters.is_valid()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        list_requests(organization_id=organization_id, filters=filters, sort=query.get("sort"))
    asked = next((one["sql"] for one in captured if 'FROM "request"' in one["sql"]), None)
    if asked is None:
        return "No query: no row is known to have such a value."
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, FORMAT JSON) " + asked.replace("%", "%%")
        )
        explained = cursor.fetchone()[0][0]
    return "\n".join([*_nodes(explained["Plan"], 0), f"{explained['Execution Time']:.1f} ms"])


def _nodes(plan: dict[str, Any], depth: int) -> Iterator[str]:
    """Yields a line for each node; of the many partitions under one node only the one with most rows."""
    where = [plan[key] for key in ("Index Name", "Relation Name") if key in plan][:1]
    conditions = [
        f"{key}: {plan[key]}" for key in ("Index Cond", "Recheck Cond", "Filter", "Sort Key") if key in plan
    ]
    rows = f"{plan.get('Actual Rows', 0):g} rows"
    removed = plan.get("Rows Removed by Filter")
    text = " ".join([plan["Node Type"], *where, f"({rows}{f', {removed:g} left out' if removed else ''})"])
    yield "  " * depth + text + "".join(f"\n{'  ' * depth}    {one[:300]}" for one in conditions)
    children = plan.get("Plans", [])
    if plan["Node Type"] in {"Append", "Merge Append"} and len(children) > 1:
        busiest = max(children, key=lambda child: child.get("Actual Rows", 0))
        yield "  " * (depth + 1) + f"{len(children)} partitions, of which:"
        children = [busiest]
    for child in children:
        yield from _nodes(child, depth + 1)


if __name__ == "__main__":
    main()
