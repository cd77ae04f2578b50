"""`/v1/prompt-2025`: prompts, versions and environments, as Helicone's API has them."""

import re
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts_app import actions as account_actions
from prompts_app.models import Prompt, PromptEnvironment, PromptVersion
from tests.api import Api
from tests.live import Stack, Tenant
from tests.prompts import BODY, Made, Prompts, data_of, error_of

NO_ID = "01890000-0000-4000-8000-000000000000"
READS = [
    ("POST", "/query", {}),
    ("GET", "/tags", None),
    ("GET", "/environments", None),
    ("GET", "/count", None),
]


def nested(depth: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(depth):
        body = {"a": body}
    return body


@pytest.fixture
def prompts(stack: Stack, organization: Tenant) -> Prompts:
    return Prompts(Api(stack.url, organization.api_key))


@pytest.fixture
def made(prompts: Prompts) -> Made:
    return prompts.make()


@pytest.fixture
def of_others(stack: Stack, make_tenant: Callable[[], Tenant]) -> Prompts:
    return Prompts(Api(stack.url, make_tenant().api_key))


# Prompts


def test_a_prompt_is_made_with_a_first_version_in_production(prompts: Prompts) -> None:
    made = prompts.make(tags=["support", "beta"])

    assert re.fullmatch("[0-9A-Za-z]{6}", made.id)
    prompt = data_of(prompts.get(f"/id/{made.id}"))
    assert datetime.fromisoformat(prompt.pop("created_at"))
    assert prompt == {"id": made.id, "name": "Support", "tags": ["support", "beta"]}
    version = prompts.version(made.version_id)
    assert re.match(r"https?://", version.pop("s3_url"))
    assert datetime.fromisoformat(version.pop("created_at"))
    assert version == {
        "id": made.version_id,
        "model": "gpt-4o",
        "prompt_id": made.id,
        "major_version": 0,
        "minor_version": 0,
        "commit_message": "First version.",
        "environments": ["production"],
        "prompt_body": None,
    }


def test_a_prompt_is_renamed_and_tagged_anew(prompts: Prompts, made: Made) -> None:
    assert data_of(prompts.post(f"/id/{made.id}/rename", name="Sales")) is None
    tags = prompts.api.send("PATCH", f"/v1/prompt-2025/id/{made.id}/tags", {"tags": [" a ", "b", "a", ""]})

    assert data_of(tags) == ["a", "b"]
    prompt = data_of(prompts.get(f"/id/{made.id}"))
    assert (prompt["name"], prompt["tags"]) == ("Sales", ["a", "b"])


def test_prompts_are_found_by_name_and_tag_newest_first_page_by_page(prompts: Prompts) -> None:
    made = [
        prompts.make(name=name, tags=tags).id
        for name, tags in [("Sales call", ["a"]), ("Support", ["a", "b"]), ("sales mail", ["b"])]
    ]

    def found(**query: Any) -> list[int]:
        return [made.index(row["id"]) for row in data_of(prompts.post("/query", **query))]

    assert found(search="", tagsFilter=[], page=0, pageSize=10) == [2, 1, 0]
    assert found(search="SALES", tagsFilter=[], page=0, pageSize=10) == [2, 0]
    assert found(search="%", tagsFilter=[], page=0, pageSize=10) == []
    assert found(search="", tagsFilter=["a"], page=0, pageSize=10) == [1, 0]
    assert found(search="", tagsFilter=["a", "b"], page=0, pageSize=10) == [2, 1, 0]
    assert found(page=0, pageSize=2) == [2, 1]
    assert found(page=1, pageSize=2) == [0]
    assert found(page=2, pageSize=2) == []
    assert data_of(prompts.get("/count")) == 3
    assert data_of(prompts.get("/tags")) == ["a", "b"]


def test_a_prompt_is_deleted_with_its_versions(prompts: Prompts, made: Made) -> None:
    prompts.update(made.id, made.version_id, environment="staging")

    assert data_of(prompts.delete(f"/{made.id}")) is None
    assert made.id in error_of(prompts.get(f"/id/{made.id}"), 404)
    error_of(prompts.post("/query/version", promptVersionId=made.version_id), 404)
    assert data_of(prompts.get("/count")) == 0
    assert data_of(prompts.get("/environments")) == []


# Versions


def test_versions_are_numbered_after_the_one_they_follow(prompts: Prompts, made: Made) -> None:
    minor = prompts.update(made.id, made.version_id)
    prompts.update(made.id, made.version_id)
    major = prompts.update(made.id, minor, major=True)
    prompts.update(made.id, major)
    prompts.update(made.id, made.version_id, commitMessage="Last")

    rows = data_of(prompts.post("/query/versions", promptId=made.id))
    numbers = [(row["major_version"], row["minor_version"]) for row in rows]
    assert numbers == [(0, 3), (1, 1), (1, 0), (0, 2), (0, 1), (0, 0)]
    assert rows[0]["commit_message"] == "Last"
    of_major = data_of(prompts.post("/query/versions", promptId=made.id, majorVersion=1))
    assert [row["minor_version"] for row in of_major] == [1, 0]
    totals = data_of(prompts.post("/query/total-versions", promptId=made.id))
    assert totals == {"totalVersions": 6, "majorVersions": 1}


def test_versions_that_are_made_at_once_have_numbers_of_their_own(prompts: Prompts, made: Made) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: prompts.update(made.id, made.version_id), range(8)))

    rows = data_of(prompts.post("/query/versions", promptId=made.id))
    assert sorted(row["minor_version"] for row in rows) == list(range(9))


def test_an_environment_has_one_version_of_a_prompt(prompts: Prompts, made: Made) -> None:
    staged = prompts.update(made.id, made.version_id, environment="staging")
    assert prompts.in_environment(made.id, "staging") == staged
    assert prompts.in_environment(made.id) == made.version_id

    moved = prompts.post(
        "/update/environment", promptId=made.id, promptVersionId=staged, environment="production"
    )
    assert data_of(moved) is None
    production = data_of(prompts.post("/query/production-version", promptId=made.id))
    assert (production["id"], production["environments"]) == (staged, ["production", "staging"])
    assert prompts.version(made.version_id)["environments"] == []
    assert data_of(prompts.get("/environments")) == ["production", "staging"]

    removed = prompts.post(
        "/remove/environment", promptId=made.id, promptVersionId=staged, environment="staging"
    )
    assert data_of(removed) is None
    refused = prompts.post("/query/environment-version", promptId=made.id, environment="staging")
    assert "staging" in error_of(refused, 404)


def test_production_keeps_a_version(prompts: Prompts, made: Made) -> None:
    second = prompts.update(made.id, made.version_id)
    removed = prompts.post(
        "/remove/environment", promptId=made.id, promptVersionId=made.version_id, environment="production"
    )

    assert "in production" in error_of(removed, 400)
    assert "in production" in error_of(prompts.delete(f"/{made.id}/{made.version_id}"), 400)
    assert data_of(prompts.delete(f"/{made.id}/{second}")) is None
    assert prompts.in_environment(made.id) == made.version_id
    error_of(prompts.post("/query/version", promptVersionId=second), 404)


def test_bodies_come_back_as_they_were_written(stack: Stack, prompts: Prompts) -> None:
    body = {
        "tools": [{"type": "function", "function": {"parameters": {"z": 1, "a": {"é": [1.5, None, True]}}}}],
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Grüße 🥨\u0000 {{hc:name:string}}"}],
        "temperature": 0.1,
    }
    made = prompts.make(body)

    def order(value: Any) -> Any:
        return [(key, order(inner)) for key, inner in value.items()] if isinstance(value, dict) else value

    url = prompts.version(made.version_id)["s3_url"]
    without_a_key = Api(stack.url, None).get(url)
    assert without_a_key.status == 200
    found = [
        without_a_key.json,
        data_of(prompts.get(f"/{made.version_id}/prompt-body")),
        *(
            data_of(prompts.api.send("POST", f"/v2/prompt-2025/query/{path}", asked))["prompt_body"]
            for path, asked in [
                ("version", {"promptVersionId": made.version_id}),
                ("production-version", {"promptId": made.id}),
                ("environment-version", {"promptId": made.id, "environment": "production"}),
            ]
        ),
    ]
    assert found == [body] * 5
    assert all(order(one) == order(body) for one in found)


def test_a_signed_address_cannot_be_made_up(stack: Stack, prompts: Prompts, made: Made) -> None:
    url = prompts.version(made.version_id)["s3_url"]
    error_of(Api(stack.url, None).get(url[:-1] + ("A" if url[-1] != "A" else "B")), 403)
    request = urllib.request.Request(url, headers={"Authorization": "Bearer nonsense"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200  # a header that some client adds does no harm


# Refusals


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("", {"tags": [], "promptBody": BODY}, "name"),
        ("", {"name": " ", "promptBody": BODY}, "name"),
        ("", {"name": "x" * 201, "promptBody": BODY}, "name"),
        ("", {"name": "x", "promptBody": "text"}, "promptBody"),
        ("", {"name": "x", "promptBody": None}, "promptBody"),
        ("", {"name": "x", "promptBody": {"messages": "text"}}, "promptBody.messages"),
        ("", {"name": "x", "promptBody": {"messages": ["text"]}}, "promptBody.messages"),
        ("", {"name": "x", "promptBody": {"tools": {}}}, "promptBody.tools"),
        ("", {"name": "x", "promptBody": {"model": 5}}, "promptBody.model"),
        ("", {"name": "x", "promptBody": {"a": "x" * (1 << 20)}}, "1024 KiB"),
        ("", {"name": "x", "promptBody": {"a": "\ud800"}}, "promptBody"),
        ("", {"name": "x", "promptBody": nested(101)}, "100 deep"),
        ("", {"name": "x", "promptBody": nested(900)}, "100 deep"),
        ("", {"name": "x", "tags": ["x"] * 101, "promptBody": BODY}, "tags"),
        ("", [], "dictionary"),
        ("/query", {"page": -1}, "page"),
        ("/query", {"pageSize": 1001}, "pageSize"),
        ("/query/version", {}, "promptVersionId"),
        ("/query/versions", {"promptId": "abc123", "majorVersion": "x"}, "majorVersion"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(prompts: Prompts, path: str, data: Any, says: str) -> None:
    assert says in error_of(prompts.api.send("POST", f"/v1/prompt-2025{path}", data), 400)


@pytest.mark.parametrize("id", ["zzzzzz", "%00", "..", "a'b"])
def test_ids_that_do_not_exist_are_not_found(prompts: Prompts, id: str) -> None:
    error_of(prompts.get(f"/id/{id}"), 404)
    error_of(prompts.delete(f"/{id}"), 404)
    error_of(prompts.get(f"/{id}/prompt-body"), 404)


def test_nothing_of_another_organization_is_found(prompts: Prompts, made: Made, of_others: Prompts) -> None:
    theirs = of_others.make()
    of_prompt = {"promptId": made.id, "promptVersionId": made.version_id, "environment": "production"}
    update = {**of_prompt, "newMajorVersion": False, "commitMessage": "", "promptBody": BODY}
    answers = [
        of_others.get(f"/id/{made.id}"),
        of_others.post(f"/id/{made.id}/rename", name="Mine"),
        of_others.api.send("PATCH", f"/v1/prompt-2025/id/{made.id}/tags", {"tags": []}),
        of_others.get(f"/{made.version_id}/prompt-body"),
        of_others.post("/query/version", promptVersionId=made.version_id),
        of_others.post("/query/versions", promptId=made.id),
        of_others.post("/query/total-versions", promptId=made.id),
        of_others.post("/query/production-version", promptId=made.id),
        of_others.post("/update", **update),
        of_others.post("/update", **{**update, "promptId": theirs.id}),
        of_others.post("/update/environment", **{**of_prompt, "promptId": theirs.id}),
        of_others.post("/remove/environment", **of_prompt),
        of_others.delete(f"/{made.id}/{made.version_id}"),
        of_others.delete(f"/{theirs.id}/{made.version_id}"),
        of_others.delete(f"/{made.id}"),
    ]

    assert [answer.status for answer in answers] == [404] * len(answers)
    assert data_of(of_others.get("/count")) == 1
    assert prompts.in_environment(made.id) == made.version_id


def test_a_key_that_may_only_read_reads_and_changes_nothing(
    stack: Stack, organization: Tenant, prompts: Prompts, made: Made
) -> None:
    key = account_actions.issue_api_key(organization=organization.organization, name="Reader", scope="r")
    reader = Prompts(Api(stack.url, key.secret))

    assert reader.version(made.version_id)["id"] == made.version_id
    assert data_of(reader.post("/query"))[0]["id"] == made.id
    changes = [
        reader.post("", name="x", tags=[], promptBody=BODY),
        reader.post(f"/id/{made.id}/rename", name="x"),
        reader.delete(f"/{made.id}"),
    ]
    assert [answer.status for answer in changes] == [403] * 3
    assert data_of(prompts.get(f"/id/{made.id}"))["name"] == "Support"


@pytest.mark.parametrize(("method", "path", "data"), READS)
def test_without_a_key_nothing_is_read(stack: Stack, method: str, path: str, data: Any) -> None:
    answer = Api(stack.url, None).send(method, f"/v1/prompt-2025{path}", data)
    assert answer.status == 401
    assert answer.json["trace"] == "isAuthenticated.error"


def test_the_database_keeps_versions_and_environments_with_their_prompt(
    organization: Tenant, of_others: Prompts, made: Made
) -> None:
    prompt = Prompt.objects.get(organization=organization.organization)
    theirs = PromptVersion.objects.get(id=of_others.make().version_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        PromptEnvironment.objects.create(
            organization=organization.organization, prompt=prompt, name="staging", version=theirs
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        PromptVersion.objects.create(
            organization_id=theirs.organization_id, prompt=prompt, major=9, minor=0, body="{}", model=""
        )
