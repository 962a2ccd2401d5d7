"""What all versions of OCPP share: what a version brings, schemas, a CALL, a connected station."""
