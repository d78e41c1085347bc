"""Access grants on the pages of what is granted, and of whom it is granted to."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.template import Context, Library
from django.urls import reverse

from accounts.tenancy.current import principal_of
from gateway.models import AccessGrant
from gateway.panels.models import grant_rows

register = Library()


@register.inclusion_tag("gateway/_access.html", takes_context=True)
def access_of(context: Context, row: Any) -> dict[str, Any]:
    """Show who may call a shared provider's models, or what somebody was granted; two queries.

    A project's own provider needs no grants, so there is nothing to show.
    """
    request: HttpRequest = context["request"]
    about = _about(row)
    if about is None:
        return {}
    principal = principal_of(request)
    grants = AccessGrant.objects.visible_to(principal).filter(about).with_names()
    is_target = row._meta.label_lower == "providers.provider"
    give_url = f"{reverse('admin:gateway_accessgrant_add')}?on={row.public_id}" if is_target else ""
    return {
        "rows": grant_rows(grants.order_by("pk"), principal),
        "is_target": is_target,
        "give_url": give_url if principal.is_staff else "",
    }


def _about(row: Any) -> Q | None:
    """Keep the grants that a row is a side of; a page may hold it behind its public id."""
    match row._meta.label_lower:
        case "providers.provider":
            return None if row.project_id else Q(provider__public_id=row.public_id)
        case "accounts.user":
            return Q(user__public_id=row.public_id)
        case "auth.group":
            return Q(group__name=row.name)
        case "accounts.project":
            return Q(project__public_id=row.public_id)
    return None
