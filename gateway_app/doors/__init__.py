"""Where clients post what they did without the gateway: manual logs and OpenTelemetry's traces.

`app` is the ASGI application, `table` says which door has which path, and `door` what a door has to tell. What a
body means, `ingest_app.doors` knows.
"""
