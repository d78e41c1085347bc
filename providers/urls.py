"""Where vendors' login pages send people back to."""

from django.urls import URLPattern, path

from providers.views.login_callback import login_callback_view

urlpatterns: list[URLPattern] = [
    path("oauth/callback/", login_callback_view, name="login-callback"),
]
