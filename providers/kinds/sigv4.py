"""AWS's signature version 4: a pure function of request, credential and moment.

botocore does the cryptography, and is imported when somebody first calls AWS. Its `add_auth` is
passed by: that reads the clock, and logs what it signs, session token included.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from providers.kinds.declaration import Texts
from providers.kinds.vocabulary import (
    Endpoint,
    ErrorClass,
    Failure,
    NotAuthorized,
    Request,
    Send,
)

_MOST_AT_ONCE = 262_144  # bytes of a body, which are hashed
_ACCESS_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")


@dataclass(frozen=True, slots=True)
class SigV4:
    """Signs calls to one AWS service; an API key, which its dialect has put in place, wins."""

    service: str

    def at_once(
        self, request: Request, endpoint: Endpoint, *, at: datetime, send: Send
    ) -> Request | None:
        """Sign what is signed in well under a millisecond; None for the rest, and the first."""
        is_quick = len(request.body or b"") <= _MOST_AT_ONCE and "botocore.auth" in sys.modules
        if is_quick or endpoint.credential.get("api_key"):
            return self.authorized(request, endpoint, at=at, send=send)
        return None

    def authorized(
        self,
        request: Request,
        endpoint: Endpoint,
        *,
        at: datetime,
        send: Send,  # noqa: ARG002 - a signature needs nothing fetched
    ) -> Request:
        if endpoint.credential.get("api_key"):
            return request
        return signed(request, endpoint, service=self.service, at=at)

    def forget(self, endpoint: Endpoint) -> None:
        """Do nothing: every signature is new."""


def signed(request: Request, endpoint: Endpoint, *, service: str, at: datetime) -> Request:
    """Return the request with its signature, good for some minutes around `at`.

    Signs the headers that the request has and its whole body: neither may change afterwards,
    though unsigned headers may join. Raises NotAuthorized where the credential has no key pair.
    """
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - 40 ms that only calls to AWS cost
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as above
    from botocore.credentials import ReadOnlyCredentials  # noqa: PLC0415 - as above

    credential = endpoint.credential
    key_id, secret_key = credential.get("access_key_id"), credential.get("secret_access_key")
    if not key_id or not secret_key:
        raise NotAuthorized(_NO_KEY)
    session_token = credential.get("session_token") or None
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    fields = {**request.headers, "x-amz-date": moment}
    if session_token:
        fields["x-amz-security-token"] = session_token
    asked = AWSRequest(request.method, request.url, headers=fields, data=request.body or b"")
    asked.context["timestamp"] = moment
    key = ReadOnlyCredentials(key_id, secret_key, session_token)
    signer = SigV4Auth(key, service, endpoint.config["region"])
    names = signer.signed_headers(signer.headers_to_sign(asked))
    text = signer.string_to_sign(asked, signer.canonical_request(asked))
    fields["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(asked)}, SignedHeaders={names}, "
        f"Signature={signer.signature(text, asked)}"
    )
    return Request(request.method, request.url, fields, request.body)


def problems_of(credential: Texts) -> Mapping[str, str]:
    """Say what a credential lacks: it is a key pair, with or without a token, or an API key."""
    given = {name for name, value in credential.items() if value.strip()}
    pair = {"access_key_id", "secret_access_key"}
    if "api_key" in given:
        also = given & (pair | {"session_token"})
        return dict.fromkeys(also, "Enter either the access key or a Bedrock API key, not both.")
    if not given & (pair | {"session_token"}):
        return {"access_key_id": "Enter an access key with its secret, or a Bedrock API key."}
    return {name: _MISSING[name] for name in sorted(pair - given)}


def key_id_problem(key_id: str) -> str:
    if _ACCESS_KEY_ID.fullmatch(key_id):
        return ""
    return "An access key ID has capital letters and digits alone, for example AKIA…"


_MISSING = {
    "access_key_id": "Access key ID is required beside the secret access key.",
    "secret_access_key": "Secret access key is required beside the access key ID.",
}
_NO_KEY = Failure(
    ErrorClass.INVALID_KEY,
    "The provider has neither an access key with its secret nor an API key. Enter one of them.",
    http_status=None,
)
