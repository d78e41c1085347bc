"""Where the pages of providers are, and how HTMX asks for them."""

import re
from html import unescape

from django.urls import reverse

HTMX = {"HX-Request": "true"}
IN_DIALOG = HTMX | {"HX-Target": "dialog"}


def provider_url(page, provider=None):
    return reverse(
        f"admin:providers_provider_{page}", args=[provider.public_id] if provider else []
    )


def model_url(page, model):
    return reverse(f"admin:providers_providermodel_{page}", args=[model.public_id])


def text_of(answer):
    """Give what a page says, without its tags and with single spaces."""
    said = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return unescape(re.sub(r"\s+", " ", said))
