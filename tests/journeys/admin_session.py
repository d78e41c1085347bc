"""The admin without a browser: a signed-in session that presses buttons."""

from collections.abc import Collection
from http import HTTPStatus

import requests

from tests.journeys.installation import EMAIL, PASSWORD, PATIENCE_S, Installation


class AdminSession:
    """Sends what a page's buttons send."""

    def __init__(self, installation: Installation) -> None:
        self._url = installation.portal_url
        self._session = requests.Session()
        self._session.trust_env = False
        sign_in = f"{self._url}/admin/login/"
        self._session.get(sign_in, timeout=PATIENCE_S).raise_for_status()
        form = {
            "username": EMAIL,
            "password": PASSWORD,
            "next": "/admin/",
            "csrfmiddlewaretoken": self._csrf,
        }
        entered = self._session.post(sign_in, data=form, timeout=PATIENCE_S, allow_redirects=False)
        assert entered.status_code == HTTPStatus.FOUND, "the first admin can't sign in"

    def press(
        self, path: str, *, expected: Collection[int] = (HTTPStatus.OK,)
    ) -> requests.Response:
        """Press a button as HTMX does."""
        headers = {"X-CSRFToken": self._csrf, "HX-Request": "true", "Referer": self._url}
        answer = self._session.post(self._url + path, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code in expected, f"{answer.status_code}: {answer.text[:500]}"
        return answer

    @property
    def cookies(self) -> dict[str, str]:
        """What a browser needs in order to be signed in as well."""
        return dict(self._session.cookies.items())

    @property
    def _csrf(self) -> str:
        tokens = [cookie.value for cookie in self._session.cookies if "csrf" in cookie.name]
        return tokens[0] or ""
