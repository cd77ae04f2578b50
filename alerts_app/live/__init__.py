"""Requests as they happen."""
