"""Install the gateways that Axiom is compared with, each apart from everything of ours.

    python -m bench.install_peers

Both land under bench/peers/, which git ignores: LiteLLM (about 750 MB) in a virtual environment of
its own, Portkey's gateway (about 25 MB) in a Node folder of its own. Delete the folder to be rid
of them.
"""

import json
import shutil
import subprocess
import sys
import venv

from bench import peers


def install_litellm() -> None:
    """Fill a virtual environment of its own; an older content goes."""
    print(f"Installing LiteLLM {peers.LITELLM_VERSION} (about 750 MB, a minute or more) …")
    venv.create(peers.LITELLM_VENV, with_pip=True, clear=True)
    python = peers.LITELLM_VENV / "bin" / "python"
    wanted = f"litellm[proxy]=={peers.LITELLM_VERSION}"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wanted], check=True)


def install_portkey() -> None:
    """Put the gateway and the server version that it needs for streams into a folder."""
    print(f"Installing Portkey gateway {peers.PORTKEY_VERSION} …")
    peers.PORTKEY_FOLDER.mkdir(parents=True, exist_ok=True)
    package = {
        "private": True,
        "dependencies": {"@portkey-ai/gateway": peers.PORTKEY_VERSION},
        "overrides": {"@hono/node-server": peers.HONO_NODE_SERVER_VERSION},
    }
    (peers.PORTKEY_FOLDER / "package.json").write_text(json.dumps(package, indent=2) + "\n")
    options = ["--omit=dev", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    subprocess.run(["npm", "install", *options], cwd=peers.PORTKEY_FOLDER, check=True)


def main() -> int:
    if peers.installed_litellm() != peers.LITELLM_VERSION:
        install_litellm()
    if shutil.which("npm") is None:
        print("Portkey needs Node and npm: apt-get install nodejs npm, then run this again.")
        return 1
    if peers.installed_portkey() != peers.PORTKEY_VERSION:
        install_portkey()
    print(f"LiteLLM {peers.installed_litellm()} and Portkey {peers.installed_portkey()} are there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
