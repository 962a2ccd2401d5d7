"""`/files/`: what chargers fetch and bring, by secret URLs; what staff look at."""

from django.urls import path, re_path

from chargepoints.files import views

app_name = "files"
urlpatterns = [
    path("firmware/<str:token>/<path:name>", views.firmware, name="firmware"),
    # Many chargers put the name of their file behind the URL, some without a slash between.
    re_path(r"^uploads/(?P<token>[\w-]{32})/?(?P<name>.*)$", views.upload, name="upload"),
    path("received/<int:pk>", views.received, name="received"),
]
