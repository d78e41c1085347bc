"""What only some providers need is loaded when one of them is called, not when Axiom starts."""

import json
import subprocess
import sys

import pytest

SETUP = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "axiom.settings"
django.setup()
"""
HEAVY = ("boto3", "botocore", "google.auth", "google.oauth2")


def loaded_after(code):
    told = (
        f"import json, sys\n{code}\nprint(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    "code",
    [
        SETUP,
        "import providers.kinds.registry, providers.kinds.authorizing",
    ],
    ids=["django.setup()", "the registry"],
)
def test_neither_aws_nor_googles_library_is_loaded_at_the_start(code):
    assert loaded_after(code) == []


def test_a_signature_loads_botocore_and_no_more_of_aws():
    code = (
        "from datetime import datetime, UTC\n"
        "from providers.kinds.sigv4 import signed\n"
        "from providers.kinds.vocabulary import Endpoint, Request\n"
        "pair = {'access_key_id': 'A' * 16, 'secret_access_key': 'x'}\n"
        "endpoint = Endpoint('https://x', pair, {'region': 'us-east-1'})\n"
        "request = Request('GET', 'https://x.amazonaws.com/')\n"
        "signed(request, endpoint, service='bedrock', at=datetime.now(UTC))"
    )

    assert loaded_after(code) == ["botocore"]
