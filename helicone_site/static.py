"""Static files: hashed names that may be cached for ever, served by WhiteNoise from the web process."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the import statements of ES modules to the hashed names."""

    support_js_module_import_aggregation = True
    keep_only_hashed_files = True

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """gzip only: brotli at its best takes half a minute over the API page's scripts, at the first start."""
        return Compressor(use_brotli=False, **kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise answers with a synchronous stream, which Django under ASGI reads into memory with a warning.

    So read it here: each file is fetched once per browser and release.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        for name, value in found.headers:
            response[name] = value
        return response
