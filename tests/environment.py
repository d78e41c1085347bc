"""Loaded by pytest before anything else: an environment of the tests' own, keys included."""

import atexit
import base64
import gc
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from hypothesis import HealthCheck, settings


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


if "AXIOM_DATA" not in os.environ:
    os.environ["AXIOM_DATA"] = tempfile.mkdtemp(prefix="axiom-tests-")
    atexit.register(shutil.rmtree, os.environ["AXIOM_DATA"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", _key())
os.environ.setdefault("ENCRYPTION_KEY", _key())
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver")
os.environ.setdefault("AXIOM_EGRESS_ALLOW_LOOPBACK", "1")
os.environ.setdefault("AXIOM_HTTPS", "0")
os.environ.setdefault("AXIOM_LEDGER_BY_WORKER", "0")  # most tests have no worker
os.environ.setdefault(
    "AXIOM_SSO", "1"
)  # its pages pass every walk; journeys see what a newcomer sees
os.environ.setdefault("AXIOM_OIDC_ISSUER", "http://127.0.0.1:9")
os.environ.setdefault("AXIOM_OIDC_CLIENT_ID", "axiom")
os.environ.setdefault("AXIOM_OIDC_CLIENT_SECRET", _key())
Path(os.environ["AXIOM_DATA"]).chmod(0o700)

PBKDF2PasswordHasher.iterations = 1  # nobody guesses the passwords of tests

# How long an example takes is the machine's business, not the test's.
settings.register_profile("axiom", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("axiom")

# What is imported and collected stays: thousands of tests need not look through it for garbage.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
