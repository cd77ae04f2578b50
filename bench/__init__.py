"""Measurements of the hot paths, on real servers: `make bench`."""
