"""Shared by all versions of OCPP: what a version defines, schemas, a CALL, a connected station."""
