"""The addresses of traffic under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from gateway.api import views
from gateway.api.explaining import RoutingExplanationViewSet

router = SimpleRouter(trailing_slash=False)
router.register("agents", views.AgentViewSet, basename="agent")
router.register("models", views.ModelViewSet, basename="model")
router.register("limits", views.LimitViewSet, basename="limit")
router.register("cronjobs", views.CronjobViewSet, basename="cronjob")
router.register("access-grants", views.AccessGrantViewSet, basename="access-grant")

urlpatterns = [
    path(
        "routing/explain",
        RoutingExplanationViewSet.as_view({"post": "explain"}),
        name="routing-explanation",
    ),
    *router.urls,
]
