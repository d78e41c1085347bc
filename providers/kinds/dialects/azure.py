"""Where Azure OpenAI takes calls: at a resource of its customer's, in one of two ways."""

import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from providers.kinds.dialects import urls
from providers.kinds.vocabulary import Endpoint

# What the portal's addresses have below the resource, and people copy with it.
_COPIED: Final = re.compile(r"/openai(?:/.*)?$")
_IN_DEPLOYMENT: Final = frozenset({"/chat/completions", "/embeddings"})


def address(endpoint: Endpoint, path: str, model_id: str) -> str:
    """Give the v1 surface, which names the deployment in the body like any model.

    A dated API version gives the older surface, where chat and embeddings have the deployment
    in their path; what else Azure calls a version (`preview`) belongs to the v1 surface.
    """
    version = endpoint.config.get("api_version", "").strip()
    query = f"?api-version={quote(version, safe='')}" if version else ""
    base = f"{_resource(endpoint.base_url)}/openai"
    if not version[:1].isdigit():
        return f"{base}/v1{path}{query}"
    if path in _IN_DEPLOYMENT:
        base += f"/deployments/{urls.segment(model_id)}"
    return f"{base}{path}{query}"


def _resource(base_url: str) -> str:
    parts = urlsplit(base_url)
    path = _COPIED.sub("", parts.path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
