"""HTTP for people, programs and Prometheus, in a process of its own: what it does is no concern of the relay."""
