"""Every write to limits. Each ends by telling the gateways: publish_on_commit(CHANGED_CHANNEL)."""
