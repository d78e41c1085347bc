"""Who may do what: people, projects, roles, keys, the registry of permissions, the tenant wall."""
