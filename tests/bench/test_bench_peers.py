import json

from bench import peers
from bench.subjects import litellm, portkey


def test_what_is_not_installed_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "LITELLM_PROGRAM", tmp_path / "litellm")
    monkeypatch.setattr(peers, "PORTKEY_PROGRAM", tmp_path / "portkey")
    monkeypatch.setattr(portkey.shutil, "which", lambda _: "/usr/bin/node")

    assert litellm.missing() == "not installed: run make bench-peers"
    assert portkey.missing() == "not installed: run make bench-peers"


def test_the_version_is_that_of_the_files_and_not_of_the_wish(monkeypatch, tmp_path):
    (tmp_path / "lib/python3.11/site-packages/litellm-1.90.0.dist-info").mkdir(parents=True)
    (tmp_path / "package.json").write_text(json.dumps({"version": "1.10.0"}))
    for name in ("LITELLM_PROGRAM", "PORTKEY_PROGRAM", "LITELLM_VENV", "_PORTKEY_PACKAGE"):
        monkeypatch.setattr(peers, name, tmp_path)

    assert litellm.version() == "1.90.0"
    assert portkey.version() == "1.10.0"
