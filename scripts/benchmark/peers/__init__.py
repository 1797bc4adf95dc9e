"""The peers: a small server each, at its best documented practice for sending the same to all."""
