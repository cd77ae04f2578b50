"""A caller of the REST API, on the standard library alone."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A status and the decoded JSON."""

    status: int
    json: Any


@dataclass(frozen=True)
class Api:
    """Calls below `url` with an API key, or without one."""

    url: str
    key: str | None

    def get(self, path: str, /, **query: Any) -> Answer:
        """Returns the answer to GET, whatever its status; `path` may be a whole address."""
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        return self.send("GET", path)

    def send(self, method: str, path: str, data: Any = None) -> Answer:
        """Returns the answer, whatever its status; `data` is sent as JSON."""
        address = path if path.startswith("http") else self.url + path
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = None
        if method != "GET":
            headers["Content-Type"] = "application/json"
            body = json.dumps(data).encode()
        request = urllib.request.Request(address, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
                return Answer(answer.status, json.loads(text) if text else None)
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, json.load(refused))

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        """Returns the rows of the first page of requests."""
        answer = self.get("/api/requests/", **query)
        assert answer.status == 200, answer.json
        return answer.json["results"]
