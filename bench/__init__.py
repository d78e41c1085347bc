"""The gateways side by side: one machine, one run, one body, one upstream."""
