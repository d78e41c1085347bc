from tests.axiom.api.conftest import elsewhere, here, queued, worlds

__all__ = ["elsewhere", "here", "queued", "worlds"]
