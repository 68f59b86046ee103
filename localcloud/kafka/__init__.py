"""Kafka brokers for the embedded AWS: librdkafka's own, behind a door that speaks as MSK does."""
