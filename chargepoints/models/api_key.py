"""Keys for the API: random, stored as a hash, scoped, expiring, shown once."""

import hashlib
import secrets
from typing import Self

from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    class Scope(models.TextChoices):
        READ = "read"
        OPERATE = "operate", "operate: read, and send commands"
        ADMIN = "admin", "admin: operate, and change registered objects"

    name = models.CharField(max_length=100, unique=True)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def hash(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def issue(cls, name: str, scope: str, **fields: object) -> tuple[Self, str]:
        """Create a key; return it with its secret, which is not stored."""
        key = f"ck_{secrets.token_urlsafe(32)}"
        return cls.objects.create(name=name, scope=scope, digest=cls.hash(key), **fields), key

    @property
    def usable(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired
