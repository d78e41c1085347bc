"""Logins to providers: begun by a person, taken further by workers, renewed before they end."""
