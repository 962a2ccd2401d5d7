"""The domain's verbs as plain functions, one package a subject."""
