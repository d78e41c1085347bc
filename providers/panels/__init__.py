"""What pages show of providers: rows, menus, badges and cards, before any HTML."""
