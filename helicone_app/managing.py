"""Routes that say how the organization is set up: keys, webhooks, alerts."""

from rest_framework.permissions import BasePermission

from accounts_app.authentication import CanManage
from helicone_app.view import HeliconeView


class ManagingView(HeliconeView):
    """A route whose `writing` methods take a key that may read and write.

    A key that may only write is given to whoever logs, browsers too: it must not have the traffic sent somewhere.
    """

    writing = frozenset({"post", "put", "patch", "delete"})

    def get_permissions(self) -> list[BasePermission]:
        if (self.request.method or "").lower() in self.writing:
            return [CanManage()]
        return super().get_permissions()
