"""What logins look like over REST: never with a token."""

from rest_framework import serializers

from accounts.api.serializers import CamelSerializer


class LoginSerializer(CamelSerializer):
    """How a provider's login stands; where to sign in is for whoever began it alone."""

    status = serializers.CharField(
        help_text="none, preparing, waiting, finishing, connected, denied, expired or failed."
    )
    message = serializers.CharField()
    needs_login = serializers.BooleanField(help_text="Whether calls wait for somebody's login.")
    flow = serializers.CharField(source="attempt.flow", allow_null=True, default=None)
    address = serializers.CharField(help_text="Where a person signs in.")
    whole_address = serializers.CharField(help_text="The same, the code typed in already.")
    user_code = serializers.CharField(help_text="What the person types there, if anything.")
    expires_at = serializers.DateTimeField(
        source="attempt.expires_at", allow_null=True, default=None, help_text="Of the attempt."
    )
    signed_in_at = serializers.DateTimeField(
        source="login.signed_in_at", allow_null=True, default=None
    )
    token_expires_at = serializers.DateTimeField(
        source="login.expires_at", allow_null=True, default=None
    )

    class Meta:
        example = {
            "status": "waiting",
            "message": "Waiting for authentication…",
            "needsLogin": True,
            "flow": "device",
            "address": "https://github.com/login/device",
            "wholeAddress": "",
            "userCode": "WDJB-MJHT",
            "expiresAt": "2026-11-20T09:40:00Z",
            "signedInAt": None,
            "tokenExpiresAt": None,
        }


class LoginAnswerSerializer(CamelSerializer):
    """What the vendor's page ended with."""

    answer = serializers.CharField(
        max_length=5000,
        write_only=True,
        help_text="The whole address that the browser ended at, or the code that it shows.",
    )

    class Meta:
        example = {"answer": "https://axiom.example.com/oauth/callback/?code=…&state=…"}
