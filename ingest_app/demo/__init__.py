"""Invented traffic for `manage.py demo`: weeks of requests as the gateway would have logged them.

`traffic` decides who asks what and when, `tasks` and `agents` what is said (from the texts in `corpus*`),
`conversations` and `answers` how that looks on a provider's wire, `feed` brings it into the stream.
"""
