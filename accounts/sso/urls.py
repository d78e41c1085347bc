"""Addresses of the extra: of allauth's many, those that Axiom has a use for."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.providers.openid_connect import views as identity
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from accounts.sso import PROVIDER_ID
from accounts.sso.door import AddPasskeyView, ToSignIn, ask

_COMPANY = {"provider_id": PROVIDER_ID}

urlpatterns: list[URLPattern] = [
    path("", ToSignIn.as_view(), name="account_login"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("again/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("mine/", mfa.index, name="mfa_index"),
    path("mine/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("mine/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("mine/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("mine/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("mine/passkeys/", ToSignIn.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("mine/passkeys/add/", AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("mine/passkeys/<int:pk>/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("mine/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("with/company/", require_POST(ask), _COMPANY, name="openid_connect_login"),
    path("with/company/back/", identity.callback, _COMPANY, name="openid_connect_callback"),
]
