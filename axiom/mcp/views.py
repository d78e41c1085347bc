"""The door at /mcp: who asks is known, and what they sent is JSON, before the SDK is loaded."""

from typing import Any, Final, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.http import is_same_domain
from rest_framework.exceptions import ParseError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.authentication import ApiKeyAuthentication
from accounts.api.parsers import LARGEST_BYTES, strict_json
from accounts.models import ApiKey
from accounts.principal import Principal

LARGEST_MESSAGE: Final = LARGEST_BYTES + 64 * 1024  # the largest REST body, and what is around it
_CANNOT_READ: Final = -32600  # JSON-RPC's own number of what is no valid request


class McpView(APIView):
    """Streamable HTTP without a stream: every POST is answered at once, by one JSON object.

    A key alone opens it, never a session: another page in the browser can't send one.
    """

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (IsAuthenticated,)
    http_method_names = ("post",)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_foreign_page(request)
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002 - the framework's signature
        """Take any Accept: who asks for a stream is told that there is none, by 405."""
        return super().perform_content_negotiation(request, force=True)

    def post(self, request: Request) -> HttpResponse:
        content = request.read(LARGEST_MESSAGE + 1)
        if len(content) > LARGEST_MESSAGE:
            return _unread(f"The message is larger than {LARGEST_MESSAGE // 1024} KiB.", status=413)
        try:
            message = strict_json(content)
        except ParseError as error:
            return _unread(str(error.detail), status=400)
        if not _is_message(message):
            return _unread("Send one JSON-RPC request or notification.", status=400)
        return _answer(request, content)


def refuse_foreign_page(request: Request) -> None:
    """Refuse what a page of another origin sent: a name that was made to point here is no key."""
    origin = request.headers.get("Origin")
    if origin is None or origin == f"{request.scheme}://{request.get_host()}":
        return
    if not any(_is_trusted(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        raise PermissionDenied("Pages of this origin may not call /mcp.")


def _is_trusted(origin: str, trusted: str) -> bool:
    """Compare as Django does: ``https://*.example.com`` trusts every name below."""
    scheme, _, host = origin.partition("://")
    trusted_scheme, _, trusted_host = trusted.partition("://")
    return scheme == trusted_scheme and is_same_domain(host, trusted_host.removeprefix("*"))


def _answer(request: Request, content: bytes) -> HttpResponse:
    from axiom.mcp import server  # noqa: PLC0415 - half a second and 55 MB that only MCP costs

    principal = Principal.of_key(cast("ApiKey", request.auth), now=timezone.now())
    told = server.answer(server.Asked(principal, request.META, request.headers, content))
    return HttpResponse(told.content, status=told.status, headers=told.headers)


def _is_message(message: Any) -> bool:
    """Tell whether it has the shape of one; the SDK would quote one that has not, keys and all."""
    return (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and isinstance(message.get("params", {}), dict)
        and type(message.get("id", 0)) in {int, str}
    )


def _unread(message: str, *, status: int) -> JsonResponse:
    error = {"code": _CANNOT_READ, "message": message}
    return JsonResponse({"jsonrpc": "2.0", "id": None, "error": error}, status=status)
