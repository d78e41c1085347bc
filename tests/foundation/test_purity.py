import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "foundation.ids",
        "foundation.money",
        "foundation.crypto.keys",
        "foundation.crypto.sources",
        "foundation.crypto.envelope",
        "foundation.egress",
    ],
)
def test_it_loads_without_django(module):
    code = f"import sys, {module}; sys.exit('django' in sys.modules)"

    finished = subprocess.run([sys.executable, "-c", code], check=False)

    assert finished.returncode == 0
