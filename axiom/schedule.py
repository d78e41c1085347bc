"""What the scheduler hands to workers by itself, and how often, in seconds."""

from collections.abc import Mapping
from typing import Any, Final

SCHEDULE: Final[Mapping[str, Mapping[str, Any]]] = {
    "verify the audit": {"task": "accounts.tasks.verify_audit", "schedule": 86_400.0},
    "resume abandoned operations": {
        "task": "providers.tasks.resume_abandoned_operations",
        "schedule": 30.0,
    },
    "watch health": {
        "task": "providers.tasks.watch_health",
        "schedule": 3.0,  # half of the shortest interval that a monitor may have
        "options": {"expires": 10.0},
    },
    "look after logins": {"task": "providers.login_tasks.look_after_logins", "schedule": 30.0},
    "mail notices": {
        "task": "accounts.tasks.send_due_mails",
        "schedule": 5.0,
        "options": {"expires": 10.0},
    },
    "post webhooks": {
        "task": "providers.webhook_tasks.send_due_webhooks",
        "schedule": 5.0,
        "options": {"expires": 10.0},
    },
    "remind of what expires": {
        "task": "accounts.tasks.remind_of_expiries",
        "schedule": 3600.0,  # what is entered late is told of within the hour
    },
    "forget expired notices": {
        "task": "accounts.tasks.forget_expired_notices",
        "schedule": 3600.0,
    },
    "forget expired health checks": {
        "task": "providers.tasks.forget_expired_health_checks",
        "schedule": 3600.0,
    },
    "post the usage": {
        "task": "usage.tasks.post_batches",
        "schedule": 1.0,  # a gateway takes three without any for a worker that is away
        "options": {"expires": 5.0},
    },
    "roll up the usage": {"task": "usage.tasks.roll_up", "schedule": 60.0},
    "keep the usage within its retention": {
        "task": "usage.tasks.keep_within_retention",
        "schedule": 3600.0,
    },
    "run due cronjobs": {
        "task": "gateway.tasks.run_due_cronjobs",
        "schedule": 10.0,
        "options": {"expires": 20.0},
    },
    "forget expired runs": {"task": "gateway.tasks.forget_expired_runs", "schedule": 3600.0},
}
