"""Models on a server of one's own, as REST tells them."""

from rest_framework import serializers

from accounts.api.serializers import CamelSerializer
from providers.kinds import ollama


class InstalledModelSerializer(CamelSerializer):
    """One model that is on the server."""

    id = serializers.CharField(help_text="Its name there.")
    kind = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes on disk.")
    parameters = serializers.CharField(help_text="How many, as the server writes it.")
    quantization = serializers.CharField()

    class Meta:
        example = {
            "id": "llama3.3:70b",
            "kind": "chat",
            "size": 42520413916,
            "parameters": "70.6B",
            "quantization": "Q4_K_M",
        }


class PullSerializer(CamelSerializer):
    """Which model the server is to pull."""

    model = serializers.CharField(max_length=ollama.LONGEST_NAME)

    class Meta:
        example = {"model": "llama3.3"}

    def validate_model(self, name: str) -> str:
        problem = ollama.name_problem(name)
        if problem:
            raise serializers.ValidationError(problem)
        return name
