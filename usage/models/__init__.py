from usage.models.batch import Batch
from usage.models.buckets import (
    DayBucket,
    FreshBucket,
    HourBucket,
    MinutesBucket,
    MonthBucket,
)
from usage.models.limit_window import LimitAlert, LimitReservation, LimitWindow
from usage.models.record import UsageRecord, UsageRecordQuerySet
from usage.models.writer import Writer

__all__ = [
    "Batch",
    "DayBucket",
    "FreshBucket",
    "HourBucket",
    "LimitAlert",
    "LimitReservation",
    "LimitWindow",
    "MinutesBucket",
    "MonthBucket",
    "UsageRecord",
    "UsageRecordQuerySet",
    "Writer",
]
