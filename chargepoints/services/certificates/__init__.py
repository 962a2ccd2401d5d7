"""Certificates: the gateway's own authority, certificates on charge points, and OCSP."""
