"""Budgets and rate limits for people: pages, REST, what was spent so far, and who is told when it is much."""
