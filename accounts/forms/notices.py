"""What somebody wants to be told of, and where."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms

from accounts.models import Topic, Wanted

CHANNELS: Final = ("in_app", "by_email")


class NoticeChoiceForm(forms.Form):
    """A table of topics and the places where one is told of them."""

    in_app = forms.MultipleChoiceField(
        label="In the portal",
        choices=Topic.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    by_email = forms.MultipleChoiceField(
        label="By email",
        choices=Topic.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, wanted: Wanted) -> None:
        initial = {"in_app": wanted.in_app, "by_email": wanted.by_email}
        super().__init__(data, label_suffix="", initial=initial)

    def rows(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Give each topic's label with its boxes, one for each channel."""
        columns = [list(self[channel]) for channel in CHANNELS]
        for boxes in zip(*columns, strict=True):
            yield boxes[0].choice_label, boxes

    def wanted(self) -> Wanted:
        return Wanted(tuple(self.cleaned_data["in_app"]), tuple(self.cleaned_data["by_email"]))
