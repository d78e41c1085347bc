"""What django-allauth asks an identity provider, carried by Axiom's own client.

allauth writes its calls for a session of the library requests; this is as much of one as it uses.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlencode

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.utils.module_loading import import_string

Send = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, Mapping[str, str], bytes]]

_FORM: Final = "application/x-www-form-urlencoded"


class ProviderAway(OAuth2Error, OSError):
    """The identity provider may not be called, did not answer, or refused.

    allauth knows the first of its kinds, the sign-in page the second.
    """


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, under the names by which requests has it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= HTTPStatus.BAD_REQUEST:
            raise ProviderAway(f"the identity provider answered {self.status_code}")


class Session:
    """Each call stands alone: it is over when it is answered."""

    def __init__(self) -> None:
        self._send: Send = import_string(settings.OIDC_SEND)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing open: nothing is."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Told:
        return self.request("GET", url, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
    ) -> Told:
        """Ask; raises ProviderAway where no answer comes."""
        fields = dict(headers or {})
        if data:
            fields["content-type"] = _FORM
        if auth is not None:
            pair = f"{auth.username}:{auth.password}".encode()
            fields["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        asked = f"{url}?{urlencode(params)}" if params else url
        body = urlencode(data).encode() if data else None
        try:
            return Told(*self._send(method, asked, fields, body))
        except OSError as error:
            raise ProviderAway(str(error)) from error
