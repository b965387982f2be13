"""MQTT readings in, instrument states out."""
