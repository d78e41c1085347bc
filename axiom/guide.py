"""The guide behind the help icon: pages that `make guide` made of docs/, served as they are."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils._os import safe_join
from django.views.decorators.http import require_safe
from django.views.static import serve

# Scripts that stand in a page itself and run; data in a script element does not.
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_CHAPTERS: Final = {
    "accounts": "roles",
    "accounts_calendarfeed": "expiry",
    "accounts_emaildelivery": "notifications",
    "accounts_keyencryptionkey": "secrets",
    "accounts_notice": "notifications",
    "auth": "roles",
    "dashboard": "getting-started",
    "gateway": "agents",
    "gateway_cronjob": "cronjobs",
    "gateway_limit": "limits",
    "gateway_model_playground": "playground",
    "providers": "providers",
    "providers_catalogentry": "catalog",
    "providers_egressrule": "troubleshooting",
    "providers_operation": "troubleshooting",
    "providers_providermodel": "models",
    "providers_projectrouting": "models",
    "providers_secret": "secrets",
    "providers_webhook": "notifications",
    "usage": "usage",
}


@require_safe
def page(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a file of the guide; a page may run the scripts that stand in it, and no others."""
    if not path or path.endswith("/"):
        path += "index.html"
    if not path.endswith(".html"):
        return serve(request, path, document_root=str(settings.GUIDE_DIR))
    file = Path(safe_join(settings.GUIDE_DIR, path))
    if not file.is_file():
        raise Http404
    text = file.read_text()
    return HttpResponse(text, headers={HEADER: _policy(text)})


def chapter_for(request: HttpRequest) -> str:
    """Give the address of the chapter about a page of the admin; empty without a built guide."""
    if not Path(settings.GUIDE_DIR, "index.html").is_file():
        return ""
    match = request.resolver_match
    app, _, model = (match.url_name or "").partition("_") if match else ("", "", "")
    names = (f"{app}_{model}", f"{app}_{model.partition('_')[0]}", app)
    chapter = next((_CHAPTERS[name] for name in names if name in _CHAPTERS), "")
    return reverse("guide", args=[f"{chapter}/"]) if chapter else reverse("guide-home")


def _policy(text: str) -> str:
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(text))
    allowed = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    return build_policy(replace={"script-src": [SELF, *allowed]})
