"""The roof: settings, addresses, tasks' app, supervisor; composes the rest, imported by nobody."""

from axiom.celery import app as celery_app

__all__ = ["celery_app"]
