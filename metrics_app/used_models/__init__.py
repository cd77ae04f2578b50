"""Models and providers that were used: what they cost, how fast and how dependable they were."""
