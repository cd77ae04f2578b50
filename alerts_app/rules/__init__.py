"""Alerts: rules that watch what requests add up to, and what they found."""
