"""What all versions of OCPP share: the parts of a version, schemas, a CALL, a connected station."""
