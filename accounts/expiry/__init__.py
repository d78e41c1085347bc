"""What stops by itself, when, and what stops with it."""

from accounts.expiry.registry import Source, registry, seen_by
from accounts.expiry.vocabulary import Expiry, When, Window, reminder_due

__all__ = ["Expiry", "Source", "When", "Window", "registry", "reminder_due", "seen_by"]
