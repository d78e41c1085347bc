from tests.accounts.admin.conftest import browse

__all__ = ["browse"]
