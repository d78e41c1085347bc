"""The traffic's records over REST."""
