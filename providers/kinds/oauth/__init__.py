"""Logins by OAuth 2.0: what a provider's settings say, and what is sent and read. No I/O."""
