"""Body search: what of a body is text, which words are in it, and the index of their keyed hashes.

A body is indexed once, in the background (`indexer`). Of a request that is the last question, and of the messages
before it those that the index has not seen this week: so each message of a long session is indexed with the request
that brought it. Of an answer it is everything. A search therefore finds the requests in which a text came up first,
those in which it was the question, and those whose answer had it.
"""
