"""First calls through the gateway, for an organization that has made none. Keys come from the environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """`key` names the tab; `install` is the one command that the code needs, if any."""

    key: str
    label: str
    install: str
    code: str


_OPENAI_PYTHON = """\
import os
from openai import OpenAI

client = OpenAI(
    base_url="{base}/v1",
    default_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}"},
)
answer = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)
"""
_OPENAI_NODE = """\
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "{base}/v1",
  defaultHeaders: { "Helicone-Auth": `Bearer ${process.env.HELICONE_API_KEY}` },
});
const answer = await client.chat.completions.create({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "Say hello" }],
});
console.log(answer.choices[0].message.content);
"""
_ANTHROPIC_PYTHON = """\
import os
from anthropic import Anthropic

client = Anthropic(
    base_url="{base}",  # the SDK adds /v1 itself
    default_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}"},
)
answer = client.messages.create(
    model="claude-sonnet-4-5",
    max_tokens=200,
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.content[0].text)
"""
_VERCEL = """\
import { createOpenAI } from "@ai-sdk/openai";
import { generateText } from "ai";

const openai = createOpenAI({
  baseURL: "{base}/v1",
  headers: { "Helicone-Auth": `Bearer ${process.env.HELICONE_API_KEY}` },
});
const { text } = await generateText({
  model: openai.chat("gpt-4o-mini"),
  prompt: "Say hello",
});
console.log(text);
"""
_LANGCHAIN = """\
import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(
    model="gpt-4o-mini",
    base_url="{base}/v1",
    default_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}"},
)
print(model.invoke("Say hello").content)
"""
_LITELLM = """\
import os
import litellm

answer = litellm.completion(
    model="openai/gpt-4o-mini",
    api_base="{base}/v1",
    extra_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}"},
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)
"""
_CURL = """\
curl {base}/v1/chat/completions \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Helicone-Auth: Bearer $HELICONE_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}]}'
"""
_TEMPLATES = (
    Snippet("openai-python", "OpenAI Python", "pip install openai", _OPENAI_PYTHON),
    Snippet("openai-node", "OpenAI Node", "npm install openai", _OPENAI_NODE),
    Snippet("anthropic-python", "Anthropic Python", "pip install anthropic", _ANTHROPIC_PYTHON),
    Snippet("vercel", "Vercel AI SDK", "npm install ai @ai-sdk/openai", _VERCEL),
    Snippet("langchain", "LangChain", "pip install langchain-openai", _LANGCHAIN),
    Snippet("litellm", "LiteLLM", "pip install litellm", _LITELLM),
    Snippet("curl", "curl", "", _CURL),
)


def first_calls(base_url: str) -> list[Snippet]:
    """Returns the snippets with the gateway's own address in them; `base_url` is an origin without a final slash."""
    return [
        Snippet(snippet.key, snippet.label, snippet.install, snippet.code.replace("{base}", base_url))
        for snippet in _TEMPLATES
    ]
