"""Certificates: our own authority, what charge points have installed, and OCSP."""
