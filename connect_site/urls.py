from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from chargepoints.api.pages import openapi

handler403 = "chargepoints.admin.error_pages.forbidden"
handler404 = "chargepoints.admin.error_pages.not_found"
handler400 = "chargepoints.api.errors.bad_request"
handler500 = "chargepoints.api.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    # Before the API's own URLs, which match everything else below /api/v1/.
    path("api/v1/", include("core_link.urls")),
    path("api/", include("chargepoints.api.urls")),
    path("files/", include("chargepoints.files.urls")),
    path("openapi.json", openapi),
]
