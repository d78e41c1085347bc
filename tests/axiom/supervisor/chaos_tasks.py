"""Axiom's own worker with one task more: it ends in its second life only."""

import os
import sys
import threading
from pathlib import Path

from axiom.celery import app

seconds = os.environ.get("CHAOS_REDELIVERED_AFTER_S")
if seconds is not None:
    app.conf.broker_transport_options |= {"visibility_timeout": int(seconds)}


@app.task(name="chaos.live_twice")
def live_twice(*, begun: str) -> None:
    if not Path(begun).exists():
        Path(begun).touch()
        sys.stdout.write("first life begun\n")
        sys.stdout.flush()
        threading.Event().wait()
    sys.stdout.write("second life ended\n")
    sys.stdout.flush()
