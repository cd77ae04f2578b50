"""What uvicorn serves as the gateway alone. Django is set up for the look-up of keys, and answers nothing."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")

import django

django.setup()

from helicone_site.site import Site, no_pages  # noqa: E402

application = Site(pages=no_pages)
