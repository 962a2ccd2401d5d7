"""The certificates on a charge point, as it last reported them."""

import django_filters

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import InstalledCertificate


class CertificateSerializer(StrictModel):
    """A certificate, by the hashes that `delete_certificate` needs."""

    class Meta:
        model = InstalledCertificate
        fields = [
            "use",
            "hash_algorithm",
            "issuer_name_hash",
            "issuer_key_hash",
            "serial_number",
            "read_at",
        ]
        read_only_fields = fields


class CertificateFilters(django_filters.FilterSet):
    class Meta:
        model = InstalledCertificate
        fields = ["use", "serial_number"]


class Certificates(Resource):
    """The certificates that a charge point last reported."""

    queryset = InstalledCertificate.objects.all()
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilters
    pagination_class = OldestFirst
