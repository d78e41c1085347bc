"""Notices as people read them: what happened, and where that can be seen."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from accounts.models import Notice, Receipt
from accounts.principal import Principal
from accounts.tenancy.objects import models_by_prefix


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """`about_url` is empty where a notice is about nothing that has a page."""

    notice: Notice
    url: str
    about_url: str
    is_unread: bool


def notice_rows(notices: Iterable[Notice]) -> tuple[NoticeRow, ...]:
    """Give each notice a row; they come with `is_unread`, as `with_unread` says it."""
    return tuple(
        NoticeRow(
            notice,
            reverse("admin:accounts_notice_change", args=[notice.public_id]),
            page_about(notice.about),
            notice.is_unread,  # type: ignore[attr-defined]  # annotated
        )
        for notice in notices
    )


def page_about(about: str) -> str:
    """Give the page of an object by its public id, or a path as it is; empty for anything else."""
    if about.startswith("/"):
        return "" if about.startswith("//") else about
    model = models_by_prefix().get(about.partition("_")[0])
    if model is None:
        return ""
    for page in ("detail", "change", "view"):
        try:
            return reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[about]
            )
        except NoReverseMatch:
            continue
    return ""


def unread_count(who: Principal) -> int:
    """Count what somebody was told and has not read, in all the projects that they may see."""
    return Receipt.objects.unread_of(who).count()
