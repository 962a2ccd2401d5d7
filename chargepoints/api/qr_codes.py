"""QR codes for payments: core's web page has the gateway check the scanned URL."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints import clock
from chargepoints.api.base import ApiView, find_charge_point
from chargepoints.api.errors import Problem
from chargepoints.api.fields import Boolean, Integer, Strict, Text
from chargepoints.api.filters import refuse_unknown
from chargepoints.models import ApiKey
from chargepoints.services.stations import qr_codes


class ScannedCode(Strict):
    """`shared_secret`: the value of the charge point's `WebPaymentsCtrlr.SharedSecret`."""

    url = Text(max_length=2000)
    shared_secret = Text(max_length=500)


class ScannedLimits(Strict):
    energy_wh = serializers.FloatField(required=False)
    time_s = serializers.FloatField(required=False)
    cost = serializers.FloatField(required=False)


class CheckedCode(Strict):
    """`invalid`: what is wrong with the URL; null if it is valid."""

    valid = Boolean()
    invalid = serializers.ChoiceField(
        ["url", "charge_point", "evse", "version", "one_time_password", "limits"], allow_null=True
    )
    evse_id = Integer(allow_null=True)
    limits = ScannedLimits()


class QrCodeCheck(ApiView):
    write_scope = ApiKey.Scope.OPERATE
    conflicts = {"post": "`not_reported`: the charge point has not reported `WebPaymentsCtrlr`."}

    @extend_schema(
        operation_id="charge_points_qr_codes_check",
        request=ScannedCode,
        responses={200: CheckedCode},
    )
    def post(self, request: Request, identity: str) -> Response:
        """Check the URL that a driver scanned on the charge point's display (OCPP use case C25)."""
        refuse_unknown(request, set())
        charge_point = find_charge_point(identity)
        body = ScannedCode(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        try:
            found = qr_codes.read(charge_point, asked["url"], asked["shared_secret"], clock.now())
        except qr_codes.InvalidUrl as error:
            return Response({"valid": False, "invalid": str(error), "evse_id": None, "limits": {}})
        except qr_codes.NotReported as error:
            detail = f"the charge point has not reported {error}"
            raise Problem(409, "not_reported", detail) from None
        return Response(
            {"valid": True, "invalid": None, "evse_id": found.evse_id, "limits": found.limits}
        )
