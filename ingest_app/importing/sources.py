"""The sources of an import, and what reads each."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest_app.importing import helicone, helicone_api, jsonl, langfuse, langfuse_api, litellm
from ingest_app.importing.files import STDIN
from ingest_app.importing.http import Api
from ingest_app.importing.index import Index
from ingest_app.importing.langfuse_lookup import Lookup
from ingest_app.importing.links import BodyLinks
from ingest_app.importing.origins import Context, Files, Origin, Translator
from ingest_app.importing.records import Unusable

SOURCES = (helicone.SOURCE, langfuse.SOURCE, litellm.SOURCE, jsonl.SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read."""

    source: str
    files: tuple[str, ...]
    is_api: bool
    base_url: str
    region: str
    since: datetime | None
    until: datetime | None
    api_key: str
    public_key: str
    secret_key: str
    provider: str
    follows_links: bool
    folder: Path  # what an API's lists are fetched into

    @property
    def reads_stdin(self) -> bool:
        """Returns whether it comes in by a pipe, which nobody can go on with."""
        return STDIN in self.files

    def inputs(self) -> list[str]:
        """Returns what tells this input apart from others: files by their whole paths, an API by what it is asked."""
        if self.is_api:
            return [self.base_url or self.region, *(str(at or "") for at in (self.since, self.until))]
        return [str(Path(path).resolve()) for path in self.files]


def opened(wanted: Wanted, context: Context, stack: ExitStack) -> tuple[Origin, Translator]:
    """Returns where the records come from and what translates them; `stack` closes both. Raises Unusable, OSError."""
    if wanted.is_api:
        return _of_api(wanted, context, stack)
    files = Files(wanted.files)
    match wanted.source:
        case helicone.SOURCE:
            return files, helicone.HeliconeRows(context, _links(wanted, None, stack))
        case litellm.SOURCE:
            return files, litellm.SpendLogs(context)
        case langfuse.SOURCE:
            return _joined(wanted, context, files, stack)
        case _:
            index = _index(stack)
            lines = jsonl.JsonLines(context, index, undated_us=_file_time_us(wanted, context))
            if not wanted.reads_stdin:
                lines.look_through(Files(wanted.files))
            return files, lines


def _of_api(wanted: Wanted, context: Context, stack: ExitStack) -> tuple[Origin, Translator]:
    if wanted.source == helicone.SOURCE:
        if not wanted.api_key:
            raise Unusable("a key of Helicone's is needed: set HELICONE_API_KEY")
        base_url = wanted.base_url or helicone_api.BASE_URLS[wanted.region]
        api = Api(base_url, headers={"authorization": f"Bearer {wanted.api_key}"})
        origin = stack.enter_context(
            helicone_api.HeliconeApi(api, since=wanted.since, until=wanted.until, now_us=context.now_us)
        )
        return origin, helicone.HeliconeRows(context, _links(wanted, origin.row_anew, stack))
    if wanted.source == langfuse.SOURCE:
        if not (wanted.public_key and wanted.secret_key):
            raise Unusable("keys of Langfuse's are needed: set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY")
        base_url = wanted.base_url or langfuse_api.BASE_URLS[wanted.region]
        api = Api(base_url, auth=(wanted.public_key, wanted.secret_key))
        stack.callback(api.close)
        lists = langfuse_api.LangfuseApi(
            api, since=wanted.since, until=wanted.until, folder=wanted.folder, report=context.report
        )
        return _joined(wanted, context, lists, stack)
    raise Unusable(f"{wanted.source} has no API to ask: name files")


def _joined(wanted: Wanted, context: Context, origin: Origin, stack: ExitStack) -> tuple[Origin, Translator]:
    if wanted.reads_stdin:
        raise Unusable("Langfuse's traces, observations and scores are joined: name the files")
    lookup = Lookup(_index(stack), now_us=context.now_us)
    return langfuse.Joined(origin, lookup), langfuse.Observations(context, lookup)


def _index(stack: ExitStack) -> Index:
    index = Index()
    stack.callback(index.close)
    return index


def _links(wanted: Wanted, renew: "helicone_api.Renew | None", stack: ExitStack) -> BodyLinks | None:
    if not wanted.follows_links:
        return None
    links = BodyLinks(renew=renew)
    stack.callback(links.close)
    return links


def _file_time_us(wanted: Wanted, context: Context) -> int:
    """Returns when the first file was written, in microseconds since the epoch; of a pipe it is now."""
    path = next((path for path in wanted.files if path != STDIN), None)
    return os.stat(path).st_mtime_ns // 1000 if path and os.path.exists(path) else context.now_us
