"""Telling other systems of each logged request."""
