"""What uvicorn serves. Django first: the models that `Site` needs exist only afterwards."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from alerts_app.live.endpoint import LiveEndpoint  # noqa: E402
from helicone_site.site import Site  # noqa: E402
from mcp_app.endpoint import McpEndpoint  # noqa: E402

application = Site(pages=pages, mcp=McpEndpoint(), live=LiveEndpoint())
