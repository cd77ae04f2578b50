"""Webhooks and alerts over Helicone's REST API: made, listed, tried out and deleted."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from accounts_app import actions, secrets
from alerts_app.models import Alert, Webhook
from tests.api import Api
from tests.live import ALLOWED_HOST, Stack, Tenant


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def with_scope(stack: Stack, organization: Tenant) -> Callable[[str], Api]:
    """Returns a function that makes a caller whose key may only do so much."""

    def make(scope: str) -> Api:
        issued = actions.issue_api_key(organization=organization.organization, name=scope, scope=scope)
        return Api(stack.url, issued.secret)

    return make


class Sink(BaseHTTPRequestHandler):
    """Takes what webhooks send; the path says which status to answer."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(int(self.path.strip("/").partition("?")[0]))
        self.send_header("Location", self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer((ALLOWED_HOST, 0), Sink) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def calls(server: HTTPServer) -> list[tuple[dict[str, str], bytes]]:
    """What the server was sent in this test."""
    server.calls = []  # type: ignore[attr-defined]
    return server.calls  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def url(server: HTTPServer) -> str:
    return f"http://{ALLOWED_HOST}:{server.server_port}"


def made(api: Api, destination: str, **more: Any) -> dict[str, Any]:
    """Returns a new webhook."""
    answer = api.send("POST", "/v1/webhooks", {"destination": destination, **more})
    assert answer.status == 200, answer.json
    return answer.json["data"]


def tried(api: Api, webhook: dict[str, Any]) -> dict[str, Any]:
    """Returns what came of a test."""
    answer = api.send("POST", f"/v1/webhooks/{webhook['id']}/test")
    assert (answer.status, answer.json["error"]) == (200, None)
    return answer.json["data"]


# Webhooks


def test_a_webhook_is_listed_as_it_was_made(api: Api, url: str) -> None:
    config = {"sampleRate": 12.5, "propertyFilters": [{"key": "Environment", "value": "prod"}]}
    webhook = made(api, f"{url}/200?token=x", config=config, includeData=False)
    assert api.get("/v1/webhooks").json == {"data": [webhook], "error": None}
    assert set(webhook) == {"id", "created_at", "destination", "version", "config", "hmac_key"}
    assert webhook["version"] == "2024-10-22"
    assert webhook["config"] == {**config, "includeData": False}
    assert len(bytes.fromhex(webhook["hmac_key"])) == 32


def test_all_requests_with_data_are_told_of_unless_said_otherwise(api: Api, url: str) -> None:
    assert made(api, url)["config"] == {"sampleRate": 100, "propertyFilters": [], "includeData": True}


def test_the_signing_key_is_not_stored_as_it_is(api: Api, url: str) -> None:
    webhook = made(api, url)
    stored = bytes(Webhook.objects.get(id=webhook["id"]).signing_key_ciphertext)
    assert webhook["hmac_key"].encode() not in stored
    assert secrets.decrypt(stored) == webhook["hmac_key"]


def test_a_test_is_verified_as_helicones_documentation_does(
    api: Api, url: str, calls: list[tuple[dict[str, str], bytes]]
) -> None:
    webhook = made(api, f"{url}/200")
    assert tried(api, webhook)["success"] is True

    [(headers, body)] = calls
    assert headers["Content-Type"] == "application/json"
    payload = json.loads(body)
    # Receivers have it parsed, and write it anew.
    rewritten = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    expected = hmac.new(webhook["hmac_key"].encode(), rewritten.encode(), hashlib.sha256).hexdigest()
    assert headers["Helicone-Signature"] == expected
    assert list(payload) == [
        *("request_id", "request_body", "response_body", "user_id", "model", "provider", "metadata")
    ]
    assert list(payload["metadata"]) == [
        *("cost", "promptTokens", "completionTokens", "totalTokens", "latencyMs")
    ]
    assert isinstance(payload["request_body"], str)


def test_without_data_only_the_bodies_are_sent(
    api: Api, url: str, calls: list[tuple[dict[str, str], bytes]]
) -> None:
    tried(api, made(api, f"{url}/204", includeData=False))
    assert list(json.loads(calls[0][1])) == ["request_id", "request_body", "response_body", "user_id"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_is_told_and_not_followed(
    api: Api, url: str, calls: list[tuple[dict[str, str], bytes]], status: int
) -> None:
    outcome = tried(api, made(api, f"{url}/{status}"))
    assert outcome["success"] is False
    assert str(status) in outcome["message"]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "destination",
    [
        "http://93.184.215.14/",
        "ftp://93.184.215.14/",
        "https://",
        "https://user:password@93.184.215.14/",
        "https://93.184.215.14/#part",
        "https://93.184.215.14/a path",
        "https://93.184.215.14:99999/",
        "https://[93.184/",
        "https://localhost/",
        "https://localhost./",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://wiki.corp/",
        "https://nas.lan/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://10.0.0.5/",
        "https://192.168.0.1/",
        "https://172.31.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://\u0000/",
    ],
)
def test_a_destination_that_is_not_public_is_refused(api: Api, destination: str) -> None:
    answer = api.send("POST", "/v1/webhooks", {"destination": destination})
    assert (answer.status, answer.json["data"]) == (400, None)
    assert answer.json["error"]
    assert api.get("/v1/webhooks").json["data"] == []


def test_a_public_destination_is_taken(api: Api) -> None:
    assert made(api, "https://93.184.215.14:8443/hook?a=b")["destination"].endswith("/hook?a=b")


def test_the_destination_is_looked_at_again_when_something_is_sent(
    api: Api, organization: Tenant, url: str, calls: list[tuple[dict[str, str], bytes]]
) -> None:
    webhook = made(api, url)
    Webhook.objects.filter(id=webhook["id"]).update(destination="https://127.0.0.1:1/")
    outcome = tried(api, webhook)
    assert outcome["success"] is False
    assert "private network" in outcome["message"]


def test_a_deleted_webhook_is_gone(api: Api, url: str) -> None:
    address = f"/v1/webhooks/{made(api, url)['id']}"
    answer = api.send("DELETE", address)
    assert (answer.status, answer.json) == (201, {"data": None, "error": None})
    assert api.send("DELETE", address).status == 404


@pytest.mark.parametrize("path", ["/v1/webhooks/{}", "/v1/webhooks/{}/test"])
@pytest.mark.parametrize("id", ["1", "nobody", "0" * 40, "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_is_none_is_not_found(api: Api, path: str, id: str) -> None:
    method = "POST" if path.endswith("test") else "DELETE"
    assert api.send(method, path.format(id)).status == 404


def test_webhooks_of_others_do_not_exist(
    api: Api, stack: Stack, make_tenant: Callable[[], Tenant], url: str
) -> None:
    webhook = made(api, url)
    other = Api(stack.url, make_tenant().api_key)
    assert other.get("/v1/webhooks").json["data"] == []
    assert other.send("POST", f"/v1/webhooks/{webhook['id']}/test").status == 404
    assert other.send("DELETE", f"/v1/webhooks/{webhook['id']}").status == 404
    assert Webhook.objects.filter(id=webhook["id"]).exists()


def test_a_key_that_may_only_read_sees_no_signing_key(
    api: Api, with_scope: Callable[[str], Api], url: str
) -> None:
    made(api, url)
    [seen] = with_scope("r").get("/v1/webhooks").json["data"]
    assert seen["hmac_key"] is None


@pytest.mark.parametrize("scope", ["r", "w"])
def test_managing_takes_a_key_that_may_read_and_write(
    api: Api, with_scope: Callable[[str], Api], url: str, scope: str
) -> None:
    webhook, caller = made(api, url), with_scope(scope)
    refused = [
        caller.send("POST", "/v1/webhooks", {"destination": url}),
        caller.send("POST", f"/v1/webhooks/{webhook['id']}/test"),
        caller.send("DELETE", f"/v1/webhooks/{webhook['id']}"),
        caller.send("POST", "/v1/alert/create", ERRORS),
    ]
    assert [(answer.status, answer.json["data"]) for answer in refused] == [(403, None)] * 4
    assert len(api.get("/v1/webhooks").json["data"]) == 1


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"destination": None},
        {"destination": ["https://93.184.215.14/"]},
        {"destination": "https://93.184.215.14/" + "a" * 3000},
        {"config": []},
        {"config": {"sampleRate": 101}},
        {"config": {"sampleRate": -1}},
        {"config": {"sampleRate": "nan"}},
        {"config": {"sampleRate": "all"}},
        {"config": {"propertyFilters": {}}},
        {"config": {"propertyFilters": [1]}},
        {"config": {"propertyFilters": [{"key": "a"}]}},
        {"config": {"propertyFilters": [{"key": "a\u0000", "value": "b"}]}},
        {"config": {"propertyFilters": [{"key": "a", "value": "b"}] * 21}},
        {"includeData": "perhaps"},
    ],
)
def test_a_wrong_webhook_is_refused(api: Api, said: Any) -> None:
    whole = {"destination": "https://93.184.215.14/", **said} if isinstance(said, dict) and said else said
    answer = api.send("POST", "/v1/webhooks", whole)
    assert (answer.status, answer.json["data"]) == (400, None)
    assert api.get("/v1/webhooks").json["data"] == []


# Alerts

ERRORS: dict[str, Any] = {
    "name": "Errors",
    "metric": "response.status",
    "threshold": 5,
    "time_window": "600000",
    "minimum_request_count": 20,
    "emails": ["oncall@example.com"],
    "slack_channels": ["C024BE91L"],
}


def test_an_alert_is_listed_as_it_was_made(api: Api, organization: Tenant) -> None:
    tree = {"request_response_rmt": {"properties": {"Environment": {"equals": "prod"}}}}
    more = {"aggregation": "percentile", "percentile": 95, "metric": "latency", "filter": tree}
    grouping = {"grouping": "Tenant", "grouping_is_property": True}
    answer = api.send("POST", "/v1/alert/create", {**ERRORS, **more, **grouping})
    assert (answer.status, answer.json["error"]) == (200, None)

    listed = api.get("/v1/alert/query").json["data"]
    [alert] = listed["alerts"]
    assert listed["history"] == []
    assert alert["id"] == answer.json["data"]
    assert alert["org_id"] == str(organization.id)
    expected = {**ERRORS, **more, **grouping, "time_window": 600_000, "status": "resolved"}
    assert {name: alert[name] for name in expected} == expected


def test_an_alert_without_more_watches_the_sum_of_all_requests(api: Api) -> None:
    api.send("POST", "/v1/alert/create", ERRORS)
    [alert] = api.get("/v1/alert/query").json["data"]["alerts"]
    assert (alert["aggregation"], alert["filter"], alert["grouping"]) == ("sum", None, None)


def test_a_deleted_alert_is_gone(api: Api) -> None:
    address = f"/v1/alert/{api.send('POST', '/v1/alert/create', ERRORS).json['data']}"
    assert api.send("DELETE", address).json == {"data": None, "error": None}
    assert api.send("DELETE", address).status == 404
    assert api.send("DELETE", "/v1/alert/17").status == 404


def test_alerts_of_others_do_not_exist(api: Api, stack: Stack, make_tenant: Callable[[], Tenant]) -> None:
    id = api.send("POST", "/v1/alert/create", ERRORS).json["data"]
    other = Api(stack.url, make_tenant().api_key)
    assert other.get("/v1/alert/query").json["data"]["alerts"] == []
    assert other.send("DELETE", f"/v1/alert/{id}").status == 404
    assert Alert.objects.filter(id=id).exists()


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"name": ""}, "name"),
        ({"metric": "temperature"}, "metric"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": 101}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"threshold": 1e300, "metric": "count"}, "threshold"),
        ({"metric": "cost", "threshold": 0.001}, "threshold"),
        ({"time_window": 1000}, "time_window"),
        ({"time_window": 10**30}, "time_window"),
        ({"aggregation": "median"}, "aggregation"),
        ({"aggregation": "percentile"}, "percentile"),
        ({"aggregation": "percentile", "percentile": 100}, "percentile"),
        ({"percentile": 50}, "percentile"),
        ({"minimum_request_count": -1}, "minimum_request_count"),
        ({"minimum_request_count": 10**12}, "minimum_request_count"),
        ({"emails": ["nobody"]}, "emails"),
        ({"emails": ["a@example.com"] * 51}, "emails"),
        ({"slack_channels": "general"}, "slack_channels"),
        ({"grouping_is_property": True}, "grouping"),
        ({"filter": {"request_response_rmt": {"colour": {"equals": "red"}}}}, "colour"),
        ({"filter": {"request_response_rmt": {"model": {"equals": "a\u0000"}}}}, "filter"),
        ({"filter": {"request_response_rmt": {"model": {"equals": "\ud800"}}}}, "filter"),
        ({"filter": 10**40}, ""),
    ],
)
def test_a_wrong_alert_is_refused_and_says_what_is_wrong(api: Api, said: dict[str, Any], names: str) -> None:
    answer = api.send("POST", "/v1/alert/create", {**ERRORS, **said})
    assert (answer.status, answer.json["data"]) == (400, None)
    assert names in answer.json["error"]
    assert api.get("/v1/alert/query").json["data"]["alerts"] == []
