"""`/files/`: downloads and uploads of chargers, by secret URLs; uploads for staff."""

from django.urls import path, re_path

from chargepoints.files import views

app_name = "files"
urlpatterns = [
    path("firmware/<str:token>/<path:name>", views.firmware, name="firmware"),
    # Many chargers append the name of their file to the URL, some without a slash.
    re_path(r"^uploads/(?P<token>[\w-]{32})/?(?P<name>.*)$", views.upload, name="upload"),
    path("received/<int:pk>", views.received, name="received"),
]
