"""The workers: each holds its own subscribers on the shared port and fans the broker's events out to them."""
