"""Handing work to workers: a broker that is away is told as what it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from kombu.exceptions import OperationalError

from accounts.refusals import DependencyDown


@contextmanager
def to_the_queue() -> Iterator[None]:
    """Raise DependencyDown where the broker takes no task."""
    try:
        yield
    except OperationalError as error:
        raise DependencyDown("task queue") from error
