"""Telling people: where to, and that each notice arrives once."""
