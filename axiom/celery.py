"""The app whose worker and scheduler do what outlives the page that asked for it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axiom.settings")

# Longer than an operation's lease, so that a task which comes back finds its operation free.
REDELIVERED_AFTER_S = 90

# What may take longer than a health check, and so has workers of its own (docs/adr/0031).
SLOW = (
    "gateway.tasks.run_cronjob",
    "providers.ollama_tasks.delete_pulled",
    "providers.ollama_tasks.pull_model",
    "providers.tasks.import_catalog",
    "providers.tasks.refresh_models",
    "providers.tasks.sync_catalog",
    "providers.tasks.test_model",
)

app = Celery("axiom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    timezone="UTC",
    # A task is taken off the broker when it has ended, so that a killed worker loses none.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Tasks of a killed worker come back after REDELIVERED_AFTER_S, and so does one that takes
    # longer: it finds its row taken. kombu looks for them every 2 s instead of every 100.
    broker_transport_options={
        "visibility_timeout": REDELIVERED_AFTER_S,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # What people see of a task is its operation, a row.
    task_ignore_result=True,
    task_default_queue="default",
    task_routes={name: {"queue": "slow"} for name in SLOW},
    beat_scheduler="django_celery_beat.schedulers:DatabaseScheduler",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="login_tasks")
app.autodiscover_tasks(related_name="ollama_tasks")
app.autodiscover_tasks(related_name="webhook_tasks")
