from typing import Any

from django.http import Http404
from rest_framework.response import Response
from rest_framework.views import APIView


class NothingView(APIView):
    """Answers for every address under the API that is none, in the shape of every other error."""

    schema = None  # there is nothing to describe

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002 - the framework's signature
        raise Http404
