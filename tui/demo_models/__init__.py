"""The bundled demo models: package data, described by ``catalog.toml``."""
