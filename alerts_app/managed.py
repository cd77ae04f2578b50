"""What the REST views of this app have in common."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework import viewsets
from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts_app.authentication import CanManage, CanRead

CREATED, NO_CONTENT = 201, 204
GONE = OpenApiResponse(description="It is gone.")


class ManagedViewSet(viewsets.ViewSet):
    """Reading takes a key that may read, changing one that may do both."""

    def get_permissions(self) -> list[BasePermission]:
        return [CanRead() if self.request.method in SAFE_METHODS else CanManage()]
