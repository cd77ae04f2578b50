"""Who calls a route."""

from typing import Any, cast

from rest_framework.request import Request as ApiRequest

from accounts_app.authentication import ApiCaller


def caller_of(request: ApiRequest) -> ApiCaller:
    """Returns the caller, whom the permission of the route has seen."""
    caller: Any = request.user
    return cast(ApiCaller, caller)
