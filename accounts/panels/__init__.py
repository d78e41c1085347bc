"""What pages of people show: rows and menus, put together from a fixed number of queries."""
