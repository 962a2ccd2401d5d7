"""The mixes of OCPP 2.1 chargers: what they share with 2.0.1, byte for byte."""

from __future__ import annotations

from benchmarks.load import mixes_v201


class Events(mixes_v201.Events):
    title = "2.1, TransactionEvent with samples"
    subprotocol = "ocpp2.1"
