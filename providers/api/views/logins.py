"""Logins over REST: begin, look, hand in the answer, renew."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.tenancy.current import session_of
from accounts.tenancy.views import ProjectViewSet
from providers import login_tasks
from providers.api.serializers.logins import LoginAnswerSerializer, LoginSerializer
from providers.models import Provider
from providers.services.logins import attempts
from providers.services.logins.standing import ask_renewal, standing


class Logins(ProjectViewSet):
    """What AiProviderViewSet answers about logins; no call goes out from here."""

    target: Provider

    @describe(None, {200: LoginSerializer})
    @action(detail=True, methods=["get"], filterset_class=None, filter_backends=())
    def login(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return Response(self._told())

    @describe(None, {200: LoginSerializer})
    @login.mapping.post  # type: ignore[untyped-decorator]  # the stubs type the first one alone
    def start_login(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        def act() -> None:
            begun = attempts.begin(
                self.target, session=self._session, by=self.principal, now=timezone.now()
            )
            login_tasks.advance_soon(begun)

        return self._tell_after(act)

    @describe(LoginAnswerSerializer, {200: LoginSerializer})
    @action(detail=True, methods=["post"], url_path="login/code")
    def submit_login_code(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        answer = self.body(LoginAnswerSerializer).validated_data["answer"]

        def act() -> None:
            attempt = attempts.pasted(
                self.target, answer, session=self._session, now=timezone.now()
            )
            login_tasks.advance_soon(attempt)

        return self._tell_after(act)

    @describe(None, {200: LoginSerializer})
    @action(detail=True, methods=["post"], url_path="renew-token")
    def renew_token(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        def act() -> None:
            login = ask_renewal(self.target, by=self.principal, now=timezone.now())
            login_tasks.renew_soon(login)

        return self._tell_after(act)

    @property
    def _session(self) -> str:
        return session_of(self.request)

    def _tell_after(self, act: Callable[[], object]) -> Response:
        def tell() -> Mapping[str, Any]:
            act()
            return self._told()

        return self.act(tell)

    def _told(self) -> Mapping[str, Any]:
        seen = standing(self.target, session=self._session, now=timezone.now())
        return LoginSerializer(seen).data
