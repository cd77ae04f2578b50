"""Whose spans they are."""

from collections.abc import Mapping
from typing import NamedTuple


class Owner(NamedTuple):
    """Who posted, when, and what the headers of the post say for each of its spans that says nothing itself."""

    organization_id: int
    api_key_id: int
    arrived_at_us: int
    key: str  # the API key, which no body may hold
    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    session_name: str = ""
    properties: Mapping[str, str] = {}
    omit_request: bool = False
    omit_response: bool = False
