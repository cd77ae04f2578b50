"""`/v1/public/model-registry/models` and `/v1/models/multimodal`: which models there are. Nobody's data, so no key."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.model_registry.registry import Offer, RegisteredModel, models_today
from helicone_app.view import PublicView, ok, result

# Where Helicone's slug is not our name.
_SLUGS = {"vertex": "google-vertex", "bedrock": "aws-bedrock"}
# Helicone's name of a price, and ours. One that is that of all tokens is no price of its own.
_PRICES = {
    "audio": "prompt_audio",
    "image": "prompt_image",
    "cacheRead": "cache_read",
    "cacheWrite": "cache_write",
    "internal_reasoning": "reasoning",
}
_CAPABILITIES = {"audio": "audio", "image": "image", "cacheRead": "caching", "cacheWrite": "caching"}


class RegistryPricingSerializer(serializers.Serializer[Any]):
    """US dollars per million tokens."""

    prompt = serializers.FloatField()
    completion = serializers.FloatField()
    audio = serializers.FloatField(required=False)
    image = serializers.FloatField(required=False)
    cacheRead = serializers.FloatField(required=False)
    cacheWrite = serializers.FloatField(required=False)
    internal_reasoning = serializers.FloatField(required=False)


class RegistryEndpointSerializer(serializers.Serializer[Any]):
    """A model at a provider."""

    provider = serializers.CharField()
    providerSlug = serializers.CharField()
    supportsPtb = serializers.BooleanField(help_text="Always false: every call is on a key of your own.")
    pricing = RegistryPricingSerializer()


class RegistryModelSerializer(serializers.Serializer[Any]):
    """A model."""

    id = serializers.CharField()
    name = serializers.CharField()
    author = serializers.CharField()
    contextLength = serializers.IntegerField(allow_null=True)
    endpoints = RegistryEndpointSerializer(many=True)
    maxOutput = serializers.IntegerField(allow_null=True, help_text="Not known.")
    trainingDate = serializers.CharField(allow_null=True, help_text="Not known.")
    description = serializers.CharField(allow_null=True)
    inputModalities = serializers.ListField(child=serializers.CharField())
    outputModalities = serializers.ListField(child=serializers.CharField())
    supportedParameters = serializers.ListField(child=serializers.CharField(), help_text="Not known.")


class RegistryProviderSerializer(serializers.Serializer[Any]):
    """A provider."""

    name = serializers.CharField()
    displayName = serializers.CharField()


class RegistryFiltersSerializer(serializers.Serializer[Any]):
    """What there is to choose from."""

    providers = RegistryProviderSerializer(many=True)
    authors = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())


class RegistrySerializer(serializers.Serializer[Any]):
    """All models."""

    models = RegistryModelSerializer(many=True)
    total = serializers.IntegerField()
    filters = RegistryFiltersSerializer()


class ListedModelSerializer(serializers.Serializer[Any]):
    """A model, as OpenAI lists it."""

    id = serializers.CharField()
    object = serializers.CharField(help_text="model")
    created = serializers.IntegerField(help_text="Not known: 0.")
    owned_by = serializers.CharField()


# A serializer's own `data` is something else, so this one has no class.
_LISTED = inline_serializer(
    "HeliconeListedModels",
    {"object": serializers.CharField(help_text="list"), "data": ListedModelSerializer(many=True)},
)


class ModelRegistryView(PublicView):
    """All models that have a price."""

    @extend_schema(
        operation_id="helicone_model_registry",
        auth=[],
        responses=result("HeliconeModelRegistry", RegistrySerializer()),
    )
    def get(self, request: ApiRequest) -> Response:
        """Each with who offers it at which price, by id."""
        shown = [_shown(model) for model in models_today()]
        endpoints = [endpoint for model in shown for endpoint in model["endpoints"]]
        providers = {
            offer.provider.name: offer.provider.label for model in models_today() for offer in model.offers
        }
        capabilities = {
            capability
            for endpoint in endpoints
            for price, capability in _CAPABILITIES.items()
            if price in endpoint["pricing"]
        }
        return ok(
            {
                "models": shown,
                "total": len(shown),
                "filters": {
                    "providers": [
                        {"name": name, "displayName": label} for name, label in sorted(providers.items())
                    ],
                    "authors": sorted({model["author"] for model in shown}),
                    "capabilities": sorted(capabilities),
                },
            }
        )


class MultimodalModelsView(PublicView):
    """Models that take or give more than text."""

    @extend_schema(operation_id="helicone_models_multimodal", auth=[], responses=_LISTED)
    def get(self, request: ApiRequest) -> Response:
        """As OpenAI lists models."""
        rows = [
            {"id": model.id, "object": "model", "created": 0, "owned_by": model.author}
            for model in models_today()
            if model.is_multimodal
        ]
        return Response({"object": "list", "data": rows})


def _shown(model: RegisteredModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "author": model.author,
        "contextLength": model.context_tokens,
        "endpoints": [
            {
                "provider": offer.provider.name,
                "providerSlug": _SLUGS.get(offer.provider.name, offer.provider.name),
                "supportsPtb": False,
                "pricing": _pricing(offer),
            }
            for offer in model.offers
        ],
        "maxOutput": None,
        "trainingDate": None,
        "description": model.description or None,
        "inputModalities": model.inputs,
        "outputModalities": model.outputs,
        "supportedParameters": [],
    }


def _pricing(offer: Offer) -> dict[str, float]:
    prices, of_all = offer.usd_per_mtok, offer.usd_per_mtok["prompt"]
    own = {
        name: float(prices[kind]) for name, kind in _PRICES.items() if prices.get(kind) not in (None, of_all)
    }
    return {"prompt": float(of_all), "completion": float(prices.get("completion", Decimal(0))), **own}
