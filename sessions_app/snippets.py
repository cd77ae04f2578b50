"""A first session, for an organization that has none: the three headers. Keys come from the environment."""

from requests_app.snippets import Snippet

_PYTHON = """\
import os, uuid
from openai import OpenAI

session = {
    "Helicone-Session-Id": str(uuid.uuid4()),   # one id for the whole run
    "Helicone-Session-Name": "Trip planner",    # the same for each run of this kind
}
client = OpenAI(
    base_url="{base}/v1",
    default_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}", **session},
)
for path, question in {"/plan": "Where to in May?", "/plan/flights": "How do I get there?"}.items():
    client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": question}],
        extra_headers={"Helicone-Session-Path": path},  # where in the run: the tree is made of these
    )
"""
_NODE = """\
import OpenAI from "openai";
import { randomUUID } from "node:crypto";

const client = new OpenAI({
  baseURL: "{base}/v1",
  defaultHeaders: {
    "Helicone-Auth": `Bearer ${process.env.HELICONE_API_KEY}`,
    "Helicone-Session-Id": randomUUID(),      // one id for the whole run
    "Helicone-Session-Name": "Trip planner",  // the same for each run of this kind
  },
});
await client.chat.completions.create(
  { model: "gpt-4o-mini", messages: [{ role: "user", content: "Where to in May?" }] },
  { headers: { "Helicone-Session-Path": "/plan" } },  // where in the run: the tree is made of these
);
"""
_CURL = """\
curl {base}/v1/chat/completions \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Helicone-Auth: Bearer $HELICONE_API_KEY" \\
  -H "Helicone-Session-Id: trip-1" \\
  -H "Helicone-Session-Name: Trip planner" \\
  -H "Helicone-Session-Path: /plan" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where to in May?"}]}'
"""


def first_sessions(base_url: str) -> list[Snippet]:
    """Returns the snippets with the gateway's own address in them; `base_url` is an origin without a final slash."""
    templates = (
        ("python", "OpenAI Python", _PYTHON),
        ("node", "OpenAI Node", _NODE),
        ("curl", "curl", _CURL),
    )
    return [Snippet(key, label, "", code.replace("{base}", base_url)) for key, label, code in templates]
