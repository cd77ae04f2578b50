"""helicone-helpers: fetches stored prompts and fills them in. The twin of ../node/helicone_prompts_client.mjs."""

import contextlib
import json
import sys
from dataclasses import asdict
from typing import Any

from helicone_helpers import HeliconePromptManager


def results() -> dict[str, Any]:
    """Returns what comes of the calls that stdin asks for."""
    job = json.load(sys.stdin)
    manager = HeliconePromptManager(api_key=job["key"], base_url=job["url"])
    return {name: result(manager, params) for name, params in job["calls"].items()}


def result(manager: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Returns the version and the body of one call, or what was raised."""
    try:
        version, made = manager.pull_prompt_version(params), manager.get_prompt_body(params)
    except Exception as error:
        return {"params": params, "raised": str(error)}
    errors = [asdict(error) for error in made["errors"]]
    return {"params": params, "version": asdict(version), "body": made["body"], "errors": errors}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # it prints what goes wrong
        found = results()
    json.dump(found, sys.stdout)
