"""Every address of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.api.views.nothing import NothingView
from axiom import guide
from axiom.health import healthz, readyz
from axiom.mcp.views import McpView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("", include("providers.urls")),
    path("guide/<path:path>", guide.page, name="guide"),
    path("guide/", guide.page, {"path": ""}, name="guide-home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("providers.api.urls")),
    path("api/v1/", include("usage.api.urls")),
    path("api/v1/", include("gateway.api.urls")),
    path("mcp", McpView.as_view(), name="mcp"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"
    ),
    # With line breaks too, which no converter takes.
    re_path(r"^api/v1/(?P<url>[\s\S]*)$", NothingView.as_view(), name="api-nothing"),
]
if settings.SSO:
    urlpatterns += [path("sign-in/", include("accounts.sso.urls"))]
