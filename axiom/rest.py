"""How REST answers and how its description is written, read by the libraries through settings."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.negotiation.AlwaysJSON",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "accounts.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.RegistrySchema",
    "EXCEPTION_HANDLER": "accounts.api.errors.answer_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Axiom",
    "DESCRIPTION": "The control plane of LLM providers.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DeliveryStateEnum": "accounts.models.delivery.DeliveryState",
        "TopicEnum": "accounts.models.notice.Topic",
        "RoleEnum": "accounts.roles.Role",
        "GrantVerbEnum": "accounts.services.grants.VERBS",
        "OperationVerbEnum": "providers.models.operation.Operation.Verb",
        "HealthEnum": "providers.health.Health",
        "OperationStateEnum": "providers.models.operation.Operation.State",
        "ModelKindEnum": "providers.models.provider_model.ModelKind",
        "StatusEnum": "providers.models.provider.Status",
        "UserStatusEnum": "accounts.models.user.UserStatus",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
