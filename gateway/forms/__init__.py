"""Forms of the traffic's records."""
