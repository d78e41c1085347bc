"""The addresses of providers and what belongs to them under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from providers.api import views

router = SimpleRouter(trailing_slash=False)
router.register("ai-providers", views.AiProviderViewSet, basename="ai-provider")
router.register("provider-models", views.ProviderModelViewSet, basename="provider-model")
router.register("secrets", views.SecretViewSet, basename="secret")
router.register("operations", views.OperationViewSet, basename="operation")
router.register("egress-rules", views.EgressRuleViewSet, basename="egress-rule")
router.register("webhooks", views.WebhookViewSet, basename="webhook")
router.register("catalog", views.CatalogViewSet, basename="catalog")

routing = views.RoutingViewSet.as_view({"get": "retrieve", "patch": "partial_update"})

events = views.RoutingEventsViewSet.as_view({"get": "list"})

game_day = views.RoutingViewSet.as_view({"post": "begin_game_day", "delete": "end_game_day"})

checks = views.HealthChecksViewSet.as_view({"get": "list"})

urlpatterns = [
    *router.urls,
    path("projects/<str:id>/routing", routing, name="project-routing"),
    path("projects/<str:id>/game-day", game_day, name="game-day"),
    path("projects/<str:id>/routing-events", events, name="routing-events"),
    path("projects/<str:id>/health-checks", checks, name="health-checks"),
]
