from usage.admin.pages import UsageAdmin

__all__ = ["UsageAdmin"]
