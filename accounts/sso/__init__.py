"""Signing in with an authenticator app, a passkey or a company's identity provider.

An extra on django-allauth, and its only importer: nothing here is loaded unless AXIOM_SSO is on.
"""

PROVIDER_ID = "company"  # what allauth calls the one identity provider, in addresses and records
