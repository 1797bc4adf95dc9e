/* Inflates a subscriber's messages, each with those before it as context (RFC 7692, 7.2.2). */
#ifndef INFLATER_H
#define INFLATER_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

struct inflater {
    z_stream stream;
    char *text; /* the last message, as a string */
    size_t text_limit_bytes;
};

/* Ready for the first message; returns 0, or -1 if there is no memory. */
int inflater_start(struct inflater *inflater, int window_bits, size_t text_limit_bytes);

/* Inflates a message into `text`; returns 0, or -1 if it can't be inflated or is too long. */
int inflater_take(struct inflater *inflater, const char *payload, size_t size);

#endif
