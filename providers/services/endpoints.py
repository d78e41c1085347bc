"""Where and as whom a provider is called at this moment, with a token that is good."""

from datetime import datetime

from providers.kinds.client import CallFailed
from providers.kinds.vocabulary import Endpoint, ErrorClass
from providers.models import Provider
from providers.services.logins import renewal


def of(provider: Provider, *, purpose: str, now: datetime) -> Endpoint:
    """Give a provider's endpoint; a token that has run out is renewed before, within 15 s.

    Calls out then: not inside a transaction. Raises SecretNeedsValue where somebody has to enter
    or sign in something, CallFailed where no good token is to be had now.
    """
    if provider.kind_row.has_login:
        try:
            provider.login = renewal.fresh(provider.standing_login())
        except renewal.RenewalFailed as error:
            raise CallFailed(ErrorClass.PROVIDER_ERROR, str(error)) from error
    return provider.endpoint(purpose=purpose, now=now)
