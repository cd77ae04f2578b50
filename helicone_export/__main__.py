"""`python -m helicone_export` is `helicone-export`."""

import sys

from helicone_export.main import main

sys.exit(main())
