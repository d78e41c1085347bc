"""Addresses for people who are not in yet."""

from django.urls import URLPattern, path

from accounts.views.calendar_feed import calendar_feed_view
from accounts.views.invitations import invitation_view
from accounts.views.passwords import forgotten_view, new_password_view

urlpatterns: list[URLPattern] = [
    path("invitation/", invitation_view, name="invitation"),
    path("expiry.ics", calendar_feed_view, name="calendar-feed"),
    path("forgotten/", forgotten_view, name="forgotten"),
    path("new-password/", new_password_view, name="new-password"),
]
