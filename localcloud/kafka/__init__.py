"""Kafka brokers of the embedded AWS: librdkafka's mock cluster behind a proxy with MSK's names."""
