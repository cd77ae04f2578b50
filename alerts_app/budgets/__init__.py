"""Pages and REST of spending limits and rate limits."""
