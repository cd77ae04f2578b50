"""Does the product keep its word while things break? `make chaos`, and a short form in `make test`.

Clients send requests through several gateways to the fake provider, while processes are killed and servers
fail. Afterwards every request that its client saw complete must be stored exactly once, with the tokens, the
cost and the bytes that the provider and the client know of, and nothing may be left on the way.
"""
