"""The dashboard: what was spent, on what, for whom, is it getting slower, and why."""
