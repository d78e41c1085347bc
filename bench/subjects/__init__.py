"""What is compared. Each subject knows how to start itself in front of the one upstream."""
