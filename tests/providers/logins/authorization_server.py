"""An authorization server on loopback that keeps to RFC 6749, 7636 and 8628, as a test wants it."""

import base64
import hashlib
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "axiom-test"
CLIENT_SECRET = "invented-for-tests-0123456789"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class AuthorizationServer:
    """Rotates refresh tokens; a used one ends the whole grant, as certified servers do."""

    def __init__(self):
        self.asked = []
        self.agents = set()
        self.answers = []  # given before anything else, one for each request to /token
        self.expires_in = 3600
        self.device_lasts_s = 600
        self.rotates = True
        self.hold = None  # an event that /token waits for
        self.entered = threading.Event()
        self.codes, self.refresh_tokens, self.devices = {}, set(), {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args):
                """Say nothing."""

            def do_GET(self):
                outer._answer(self, {})

            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                outer._answer(self, parse_qs(self.rfile.read(length).decode()))

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()

    @property
    def config(self):
        """A provider's settings that name this server's addresses."""
        return {
            "client_id": CLIENT_ID,
            "authorization_url": f"{self.origin}/auth",
            "token_url": f"{self.origin}/token",
            "device_url": f"{self.origin}/device",
            "scopes": "models offline_access",
        }

    def grants(self, grant_type):
        return [said for said in self.asked if said.get("grant_type") == grant_type]

    def consent(self, address, **said):
        """Let somebody say yes at a login page; gives where the browser is sent then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{next(self._numbers)}"
        self.codes[code] = asked
        return self.redirect(asked, code=code, **said)

    def deny(self, address):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.redirect(asked, error="access_denied")

    def redirect(self, asked, **said):
        query = urlencode({"state": asked["state"], **said})
        return f"{asked['redirect_uri']}?{query}"

    def revoke(self):
        self.refresh_tokens.clear()

    def _answer(self, http, form):
        said = {name: values[0] for name, values in form.items()}
        self.agents.add(http.headers.get("user-agent"))
        path = urlsplit(http.path).path
        if path.endswith("openid-configuration"):
            status, body = 200, self._metadata()
        elif path == "/device":
            status, body = 200, self._device()
        elif path == "/token":
            status, body = self._token(said)
        else:
            status, body = 404, {}
        payload = json.dumps(body).encode()
        http.send_response(status)
        http.send_header("content-type", "application/json")
        http.send_header("content-length", str(len(payload)))
        http.end_headers()
        http.wfile.write(payload)

    def _metadata(self):
        return {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/auth",
            "token_endpoint": f"{self.origin}/token",
            "device_authorization_endpoint": f"{self.origin}/device",
            "authorization_response_iss_parameter_supported": True,
        }

    def _device(self):
        device_code = f"device-{next(self._numbers)}"
        self.devices[device_code] = "authorization_pending"
        return {
            "device_code": device_code,
            "user_code": "WDJB-MJHT",
            "verification_uri": f"{self.origin}/activate",
            "verification_uri_complete": f"{self.origin}/activate?user_code=WDJB-MJHT",
            "expires_in": self.device_lasts_s,
            "interval": 5,
        }

    def _token(self, said):
        with self._lock:
            self.asked.append(said)
            given = self.answers.pop(0) if self.answers else None
        self.entered.set()
        if self.hold:
            self.hold.wait(30)
        if given:
            return given
        with self._lock:
            return self._granted(said)

    def _granted(self, said):
        grant = said["grant_type"]
        if said.get("client_id") != CLIENT_ID:
            return 401, {"error": "invalid_client"}
        if grant == "authorization_code" and not self._is_proven(said):
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        if grant == DEVICE_GRANT and self.devices.get(said["device_code"]) != "allowed":
            return 400, {"error": self.devices.get(said["device_code"], "expired_token")}
        if grant == "refresh_token":
            if said["refresh_token"] not in self.refresh_tokens:
                self.refresh_tokens.clear()
                return 400, {"error": "invalid_grant", "error_description": "token was used"}
            if self.rotates:
                self.refresh_tokens.remove(said["refresh_token"])
        if grant == "client_credentials" and said.get("client_secret") != CLIENT_SECRET:
            return 401, {"error": "invalid_client"}
        return 200, self._tokens(with_refresh=grant != "client_credentials")

    def _is_proven(self, said):
        asked = self.codes.pop(said.get("code"), None)
        digest = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return (
            asked is not None
            and asked["code_challenge"] == challenge
            and asked["code_challenge_method"] == "S256"
            and asked["redirect_uri"] == said["redirect_uri"]
        )

    def _tokens(self, *, with_refresh):
        number = next(self._numbers)
        tokens = {
            "access_token": f"access-{number}",
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
        if with_refresh:
            tokens["refresh_token"] = f"refresh-{number}"
            self.refresh_tokens.add(tokens["refresh_token"])
        return tokens
