"""The REST face of providers."""
