"""What the pages of agents, facades and grants show."""
