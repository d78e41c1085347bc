"""The addresses of usage under /api/v1/."""

from django.urls import path

from usage.api.reconciliation import ReconciliationViewSet
from usage.api.views import UsageViewSet

urlpatterns = [
    path("usage", UsageViewSet.as_view({"get": "summary"}), name="usage"),
    path(
        "usage/reconciliation",
        ReconciliationViewSet.as_view({"post": "reconcile"}),
        name="usage-reconciliation",
    ),
    path("usage/requests", UsageViewSet.as_view({"get": "list"}), name="usage-requests"),
    path(
        "usage/requests/<str:id>", UsageViewSet.as_view({"get": "retrieve"}), name="usage-request"
    ),
]
