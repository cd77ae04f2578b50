"""What could be saved: patterns in an organization's calls, each with the sum that it cost and the requests behind it.

`work` reads the calls of thirty days once, oldest first, and shows each to every detector in `kinds`; `actions` keeps
what they found; `words` says it. A detector counts, and never guesses: what it does not know the price of is counted
and not summed, and no part of a request's cost is counted by two of them.
"""
