"""What a provider has to do with logins: how one is made, and whether it needs one."""

from typing import TYPE_CHECKING, cast

from django.db import models

from providers.kinds.oauth.settings import LoginSettings
from providers.models.secret import SecretNeedsValue

if TYPE_CHECKING:
    from providers.models.login import Login
    from providers.models.provider import Provider


class SignInNeeded(SecretNeedsValue):
    """Nobody has signed in to the provider, or what that brought is no longer good."""

    def __init__(self, name: str, why: str = "Nobody has signed in to it yet.") -> None:
        Exception.__init__(self, f"“{name}” needs a login. {why} Renew its token to sign in.")


class TokenExpired(SecretNeedsValue):
    """The provider's access token has run out; a renewal may bring the next one."""

    def __init__(self, name: str) -> None:
        Exception.__init__(self, f"The access token of “{name}” has run out.")


class SignedIn(models.Model):
    """May come to its credential by a login, where its kind has one."""

    class Meta:
        abstract = True

    @property
    def login_settings(self) -> LoginSettings:
        """How it comes to its tokens."""
        return self._provider.kind_row.login_of(self._provider.config)

    @property
    def login_binding(self) -> str:
        """Name what its tokens are for; they are used for nothing else."""
        return self.login_settings.binding(self._provider.effective_base_url)

    @property
    def needs_sign_in(self) -> bool:
        """Whether its kind has a login, and it has no token that calls or renewals may use."""
        if not self._provider.kind_row.has_login:
            return False
        try:
            self.standing_login().refuse_unusable()
        except SignInNeeded:
            return True
        return False

    def standing_login(self) -> "Login":
        """Give what somebody's login brought; raises SignInNeeded where nobody has signed in."""
        login: Login | None = getattr(self, "login", None)
        if login is None:
            raise SignInNeeded(self._provider.name)
        return login

    @property
    def _provider(self) -> "Provider":
        return cast("Provider", self)
