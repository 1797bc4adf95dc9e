/* permessage-deflate as a subscriber asks for it, and what it was given (RFC 7692, 7.1). */
#ifndef EXTENSION_H
#define EXTENSION_H

enum { NO_COMPRESSION = 0, SMALL_WINDOW_BITS = 12, FULL_WINDOW_BITS = 15 };

/* The request's header line that asks for a window of so many bits: as browsers do, or as Python's websockets does. */
const char *extension_offer(int window_bits);

/* The window that the server's response agrees to, NO_COMPRESSION if it declines, or -1 if it says what wasn't asked
 * for. `response` is the response's head as a string. */
int extension_agreed(const char *response, int offered_bits);

#endif
