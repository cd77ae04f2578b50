"""The Cost page: what was spent on what, and what this month will come to."""
