"""Limits: how a call's share of one is claimed before, and settled after.

`rules` are the words and the pure arithmetic; `rates` counts calls and tokens per minute and calls
at once, shared over the Redis-protocol server (`shared`) and in each process; `money` keeps what
was spent and what is set aside in the database, where the ledger settles it.
"""
