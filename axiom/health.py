"""Whether the portal is alive, and whether it has all that it needs."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PATIENCE_S = 0.5


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say which part is missing; 503 while one is."""
    parts = {"database": _database_answers, "broker": _broker_answers}
    missing = [name for name, answers in parts.items() if not answers()]
    said = {"status": "not ready" if missing else "ok", "missing": missing}
    return JsonResponse(said, status=503 if missing else 200)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_ADDRESS, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
        ) as broker:
            return bool(broker.ping())
    except redis.RedisError:
        return False
