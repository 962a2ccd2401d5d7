"""What a charge point holds, as it took or reported it last: monitors, messages, certificates."""

import django_filters
from rest_framework import serializers

from chargepoints.api.base import Resource
from chargepoints.api.fields import StrictModel, Text, TextOrNull
from chargepoints.api.pagination import OldestFirst
from chargepoints.models import DisplayMessage, InstalledCertificate, Monitor


class MonitorSerializer(StrictModel):
    """A monitor, in the words of `set_monitoring`; `id` is the charge point's own number of it."""

    id = serializers.IntegerField(source="number", read_only=True)
    component_instance = TextOrNull(read_only=True)
    evse_id = serializers.SerializerMethodField()
    connector_id = serializers.SerializerMethodField()
    variable_instance = TextOrNull(source="instance", read_only=True)

    class Meta:
        model = Monitor
        fields = [
            "id",
            "component",
            "component_instance",
            "evse_id",
            "connector_id",
            "variable",
            "variable_instance",
            "type",
            "value",
            "severity",
            "transaction",
            "read_at",
        ]
        read_only_fields = fields

    def get_evse_id(self, monitor: Monitor) -> int | None:
        return monitor.evse_id or None

    def get_connector_id(self, monitor: Monitor) -> int | None:
        return monitor.connector_id or None


class MonitorFilters(django_filters.FilterSet):
    component = django_filters.CharFilter(lookup_expr="iexact")
    variable = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Monitor
        fields = ["component", "variable", "type", "severity"]


class Monitors(Resource):
    """The monitors of a charge point, in the order in which they became known."""

    queryset = Monitor.objects.all()
    serializer_class = MonitorSerializer
    filterset_class = MonitorFilters
    pagination_class = OldestFirst


class DisplayMessageSerializer(StrictModel):
    """A message on the display, in the words of `display_message`."""

    id = serializers.IntegerField(source="number", read_only=True)
    content = Text(read_only=True)
    format = TextOrNull(read_only=True)
    language = TextOrNull(read_only=True)
    state = TextOrNull(read_only=True)
    transaction_id = TextOrNull(read_only=True)

    class Meta:
        model = DisplayMessage
        fields = [
            "id",
            "content",
            "format",
            "language",
            "priority",
            "state",
            "transaction_id",
            "start_at",
            "end_at",
            "read_at",
        ]
        read_only_fields = fields


class DisplayMessages(Resource):
    """The messages that a charge point shows, in the order in which they became known."""

    queryset = DisplayMessage.objects.all()
    serializer_class = DisplayMessageSerializer
    pagination_class = OldestFirst


class CertificateSerializer(StrictModel):
    """A certificate by the hashes that `delete_certificate` takes; `use` is OCPP's own word."""

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
    """The certificates that a charge point listed when it was last asked."""

    queryset = InstalledCertificate.objects.all()
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilters
    pagination_class = OldestFirst
