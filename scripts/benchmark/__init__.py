"""The benchmark: the whole relay, from ingest to socket, beside the usual WebSocket servers, at the same work."""
