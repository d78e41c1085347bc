"""Pages for people who are not in yet: invitations, and a new password by mail."""
