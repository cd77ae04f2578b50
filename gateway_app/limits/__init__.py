"""Letting a request through only within its organization's limits: asked of Redis in one step, settled when it ends."""
