"""REST operations on projects and people: load, call one service, answer."""
