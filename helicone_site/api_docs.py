"""The page to read and try the REST API on."""

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication


@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI from our own host, inside the shell.

    Its script is served apart, since inline ones are forbidden; it writes style attributes, which are allowed
    here alone.
    """

    url_name = "api-schema"
    template_name = "api_docs.html"
    permission_classes = ()
    authentication_classes = (SessionAuthentication,)
