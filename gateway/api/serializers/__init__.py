"""How agents, facades and grants look over REST."""
