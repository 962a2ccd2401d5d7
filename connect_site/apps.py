from django.apps import AppConfig


class ConnectSiteConfig(AppConfig):
    name = "connect_site"
    verbose_name = "Connect"
