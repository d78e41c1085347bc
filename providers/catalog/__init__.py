"""The built-in catalog: which models a kind of provider offers, and at what price."""
