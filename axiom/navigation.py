"""How the admin is laid out and coloured: the sidebar as a table, read by Unfold."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _sees(action: str, request: HttpRequest) -> bool:
    from axiom.admin_site import sees  # noqa: PLC0415 - it needs the apps, which need these settings

    return sees(request, action)


def _is_staff(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_staff", False))


def _item(title: str, page: str, permission: Callable[[HttpRequest], bool]) -> dict[str, object]:
    return {"title": title, "link": reverse_lazy(f"admin:{page}"), "permission": permission}


def _file(name: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(f"axiom/{name}")


PROVIDERS = partial(_sees, "aiProviders:ListAiProviders")
ROUTING = partial(_sees, "routing:GetRouting")
SECRETS = partial(_sees, "secrets:ListSecrets")
MEMBERS = partial(_sees, "members:ListMembers")
API_KEYS = partial(_sees, "apiKeys:ListApiKeys")
USAGE = partial(_sees, "usage:GetUsage")
MODELS = partial(_sees, "models:ListModels")
PLAYGROUND = partial(_sees, "models:Invoke")
CRONJOBS = partial(_sees, "cronjobs:ListCronjobs")
AGENTS = partial(_sees, "agents:ListAgents")
LIMITS = partial(_sees, "limits:ListLimits")
GRANTS = partial(_sees, "accessGrants:ListAccessGrants")
AUDIT = partial(_sees, "audit:ListAuditEvents")
WEBHOOKS = partial(_sees, "webhooks:ListWebhooks")
CALENDAR = partial(_sees, "calendar:ListExpiries")
NOTICES = partial(_sees, "notices:ListNotices")

SIDEBAR = [
    {"title": "", "items": [_item("Dashboard", "dashboard", PROVIDERS)]},
    {
        "title": "Models",
        "items": [
            _item("Providers", "providers_provider_changelist", PROVIDERS),
            _item("Models", "gateway_model_changelist", MODELS),
            _item("Routing", "providers_projectrouting_changelist", ROUTING),
            _item("Secrets", "providers_secret_changelist", SECRETS),
        ],
    },
    {
        "title": "Traffic",
        "items": [
            _item("Agents", "gateway_agent_changelist", AGENTS)
            | {"count": reverse_lazy("admin:gateway_agent_warnings")},
            _item("Playground", "gateway_model_playground", PLAYGROUND),
            _item("Usage", "usage_usagerecord_changelist", USAGE),
            _item("Limits", "gateway_limit_changelist", LIMITS),
            _item("Cronjobs", "gateway_cronjob_changelist", CRONJOBS),
            _item("Access grants", "gateway_accessgrant_changelist", GRANTS),
        ],
    },
    {
        "title": "Project",
        "items": [
            _item("Notices", "accounts_notice_changelist", NOTICES),
            _item("Expiry calendar", "accounts_calendarfeed_changelist", CALENDAR),
            _item("Webhooks", "providers_webhook_changelist", WEBHOOKS),
            _item("Members", "accounts_membership_changelist", MEMBERS),
            _item("API keys", "accounts_apikey_changelist", API_KEYS),
            _item("Audit", "accounts_auditevent_changelist", AUDIT),
        ],
    },
    {
        "title": "Instance",
        "items": [
            _item("Projects", "accounts_project_changelist", _is_staff),
            _item("Users", "accounts_user_changelist", _is_staff),
            _item("Catalog", "providers_catalogentry_changelist", _is_staff),
            _item("Egress", "providers_egressrule_changelist", _is_staff),
            _item("Encryption", "accounts_keyencryptionkey_changelist", _is_staff),
            _item("Operations", "providers_operation_changelist", _is_staff),
        ],
    },
]

STYLES = (
    "fonts",
    "tokens",
    "frame",
    "words",
    "lists",
    "sheets",
    "provider-form",
    "pages",
    "people",
    "provider",
    "usage",
    "traffic",
    "narrow",
)
SCRIPTS = ("axiom", "menus", "dialogs", "ordering", "lists")

UNFOLD = {
    "SITE_TITLE": "Axiom",
    "SITE_HEADER": "Axiom",
    "SITE_URL": None,
    "SITE_ICON": _file("mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _file("mark.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [_file(f"css/{name}.css") for name in STYLES],
    "SCRIPTS": [_file(f"{name}.js") for name in SCRIPTS],
    "COLORS": {
        "base": {
            "50": "#f8f9fb",
            "100": "#f1f3f6",
            "200": "#e5e7eb",
            "300": "#d3d7de",
            "400": "#98a1b0",
            "500": "#5d6779",
            "600": "#434c5c",
            "700": "#2d3441",
            "800": "#22272f",
            "900": "#0e1014",
            "950": "#08090c",
        },
        "primary": {
            "50": "#eef0ff",
            "100": "#e0e3ff",
            "200": "#c7cbff",
            "300": "#a5a9ff",
            "400": "#8b8cff",
            "500": "#8b8cff",
            "600": "#4f46e5",
            "700": "#4338ca",
            "800": "#3730a3",
            "900": "#312e81",
            "950": "#1e1b4b",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": SIDEBAR},
}
