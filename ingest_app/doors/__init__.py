"""Ways in for what is logged from outside the gateway: pure adapters from a posted body to log events.

`gateway_app.doors` answers the posts; nothing here knows HTTP or the database.
"""
