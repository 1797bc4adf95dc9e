"""What all tests share."""

import signal

# Started in the background by a shell, the tests and all that they start ignore Ctrl-C; services are to end by it.
signal.signal(signal.SIGINT, signal.default_int_handler)
