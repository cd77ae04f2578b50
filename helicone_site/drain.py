"""How long running answers may go on after SIGTERM; for servers, and for whoever stops them."""

import os

DRAIN_S = int(os.environ.get("HELICONE_DRAIN_S", "30"))
