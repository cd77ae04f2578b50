"""Which dialect a path speaks, and the model that some paths name."""

import re
from functools import lru_cache
from urllib.parse import unquote

from ingest_app.dialects.anthropic import MESSAGES
from ingest_app.dialects.base import Dialect
from ingest_app.dialects.bedrock import CONVERSE
from ingest_app.dialects.cohere import COHERE_CHAT, COHERE_EMBEDDINGS
from ingest_app.dialects.gemini import GEMINI, GEMINI_EMBEDDINGS
from ingest_app.dialects.ollama import OLLAMA, OLLAMA_EMBEDDINGS
from ingest_app.dialects.openai_chat import CHAT, COMPLETIONS, EMBEDDINGS
from ingest_app.dialects.openai_media import IMAGES, MODERATIONS, SPEECH, TRANSCRIPTIONS
from ingest_app.dialects.openai_realtime import REALTIME
from ingest_app.dialects.openai_responses import RESPONSES

# By the end of the path, the longer first: "/chat/completions" ends in "/completions" too. The path decides, not
# the provider: Anthropic's, Google's and Cohere's compatibility endpoints speak OpenAI's dialect, and DeepSeek's
# and Moonshot's `/anthropic/v1/messages` Anthropic's.
BY_PATH_END: tuple[tuple[str, Dialect], ...] = (
    ("/chat/completions", CHAT),
    ("/fim/completions", CHAT),  # Mistral's completion of code, answered as a chat
    ("/completions", COMPLETIONS),
    ("/embeddings", EMBEDDINGS),
    ("/responses", RESPONSES),
    ("/responses/compact", RESPONSES),
    ("/messages", MESSAGES),
    ("/images/generations", IMAGES),
    ("/images/edits", IMAGES),
    ("/images/variations", IMAGES),
    ("/audio/speech", SPEECH),
    ("/audio/transcriptions", TRANSCRIPTIONS),
    ("/audio/translations", TRANSCRIPTIONS),
    ("/moderations", MODERATIONS),
    ("/realtime", REALTIME),
    (":generateContent", GEMINI),
    (":streamGenerateContent", GEMINI),
    (":embedContent", GEMINI_EMBEDDINGS),
    (":batchEmbedContents", GEMINI_EMBEDDINGS),
    (":predict", GEMINI_EMBEDDINGS),
    ("/converse", CONVERSE),
    ("/converse-stream", CONVERSE),
    ("/v2/chat", COHERE_CHAT),
    ("/v1/chat", COHERE_CHAT),
    ("/v2/embed", COHERE_EMBEDDINGS),
    ("/v1/embed", COHERE_EMBEDDINGS),
    ("/api/chat", OLLAMA),
    ("/api/generate", OLLAMA),
    ("/api/embed", OLLAMA_EMBEDDINGS),
)
_BY_NAME = {dialect.name: dialect for _, dialect in BY_PATH_END}
# Endpoints that pass a body on to the model's maker: who that is, says the model's name.
_RELAYED = re.compile(r"(:rawPredict|:streamRawPredict|/invoke|/invoke-with-response-stream)$")
_MAKERS: tuple[tuple[re.Pattern[str], Dialect], ...] = (
    (re.compile(r"/publishers/anthropic/|anthropic\."), MESSAGES),
    (re.compile(r"/publishers/mistralai/"), CHAT),
    (re.compile(r"amazon\.nova"), CONVERSE),
)
_MODEL = re.compile(
    r"/models/(?P<google>[^/:]+):\w+$"  # Google, with a publisher before it on Vertex
    r"|/model/(?P<bedrock>[^/]+)/[\w-]+$"
    r"|/openai/deployments/(?P<azure>[^/]+)/"
)


@lru_cache(maxsize=4096)
def dialect_of(path: str) -> Dialect | None:
    """Returns the dialect spoken at `path`, or None where answers are only kept, not read."""
    path = _bare(path)
    if _RELAYED.search(path):
        return next((dialect for maker, dialect in _MAKERS if maker.search(unquote(path))), None)
    return next((dialect for end, dialect in BY_PATH_END if path.endswith(end)), None)


def dialect_named(name: str) -> Dialect | None:
    """Returns the dialect of that name, None for "" and for names of none."""
    return _BY_NAME.get(name)


@lru_cache(maxsize=4096)
def model_in_path(path: str) -> str:
    """Returns the model that `path` names (Gemini, Vertex, Bedrock, Azure), "" where the body has to.

    Of a Bedrock ARN it is the part that names the model or the inference profile.
    """
    found = _MODEL.search(_bare(path))
    if found is None:
        return ""
    return unquote(next(filter(None, found.groups()))).rsplit("/", 1)[-1]


def _bare(path: str) -> str:
    return path.partition("?")[0].rstrip("/")
