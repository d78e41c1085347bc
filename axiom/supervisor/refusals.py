"""Why nothing is started."""


class StartRefused(Exception):
    """Axiom can't start as things are. The message is for people and says what to do."""
