"""Searches for input that does harm, guided by what of our code it reaches; `scripts/fuzz` runs it."""
