"""An Ollama server with its documented answers: tags, pulls as NDJSON, deleting.

A pull goes on where the last one was broken off, as Ollama's do.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LAYERS = {"sha256:aaaa": 600, "sha256:bbbb": 400}
STEP = 100
TAGS = [
    {
        "name": "llama3.3:70b",
        "model": "llama3.3:70b",
        "modified_at": "2026-10-01T10:00:00Z",
        "size": 42520413916,
        "digest": "a6eb4748fd29",
        "details": {
            "format": "gguf",
            "family": "llama",
            "parameter_size": "70.6B",
            "quantization_level": "Q4_K_M",
        },
    },
    {
        "name": "nomic-embed-text:latest",
        "model": "nomic-embed-text:latest",
        "size": 274302450,
        "digest": "0a109f422b47",
        "details": {"family": "nomic-bert", "parameter_size": "137M", "quantization_level": "F16"},
    },
]


class OllamaServer:
    """`pieces` is how many steps of a pull are sent before it is cut; None for all of them."""

    def __init__(self):
        self.models = [dict(tag) for tag in TAGS]
        self.asked = []
        self.pulled = {}
        self.pieces = None
        self.error = ""
        self.stalls = threading.Event()  # a pull that is to say nothing waits for it
        self.stalls.set()
        self.pause_s = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args):
                """Say nothing."""

            def _body(self):
                return json.loads(
                    self.rfile.read(int(self.headers.get("content-length", 0))) or "{}"
                )

            def do_GET(self):
                outer.asked.append(("GET", self.path, {}))
                said = {"models": outer.models} if self.path == "/api/tags" else {"version": "0.9"}
                self._answer(200, said)

            def do_POST(self):
                body = self._body()
                outer.asked.append(("POST", self.path, body))
                self.send_response(200)
                self.send_header("content-type", "application/x-ndjson")
                self.end_headers()
                outer._pull(self, body["model"])

            def do_DELETE(self):
                body = self._body()
                outer.asked.append(("DELETE", self.path, body))
                left = [tag for tag in outer.models if tag["name"] != body["model"]]
                found = len(left) < len(outer.models)
                outer.models = left
                self._answer(200 if found else 404, {} if found else {"error": "model not found"})

            def _answer(self, status, said):
                payload = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.stalls.set()
        self._http.shutdown()
        self._http.server_close()

    def pulls(self):
        return [body["model"] for verb, path, body in self.asked if path == "/api/pull"]

    def _pull(self, http, name):
        def say(**line):
            http.wfile.write(json.dumps(line).encode() + b"\n")
            http.wfile.flush()

        try:
            say(status="pulling manifest")
            if self.error:
                say(error=self.error)
                return
            done, sent = self.pulled.setdefault(name, dict.fromkeys(LAYERS, 0)), 0
            for digest, total in LAYERS.items():
                while done[digest] < total:
                    if self.pieces is not None and sent >= self.pieces:
                        return
                    self.stalls.wait(30)
                    time.sleep(self.pause_s)
                    done[digest] += STEP
                    sent += 1
                    say(
                        status=f"pulling {digest[7:]}",
                        digest=digest,
                        total=total,
                        completed=done[digest],
                    )
            for stage in ("verifying sha256 digest", "writing manifest", "success"):
                say(status=stage)
            self.models.append({"name": name, "size": 1000, "details": {"family": "llama"}})
        except OSError:
            return  # the other side hung up
