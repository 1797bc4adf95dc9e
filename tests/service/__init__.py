"""Tests that start the real service: its own processes, sockets, database and subscribers."""
