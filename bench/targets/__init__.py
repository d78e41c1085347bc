"""What the gateway is to reach alone: each target on a fresh installation."""
