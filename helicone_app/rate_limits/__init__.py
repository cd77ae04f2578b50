"""`/v1/rate-limits`: stored rate limits."""
