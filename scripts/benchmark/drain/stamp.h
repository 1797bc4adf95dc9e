/* The field of an event that tells when it was sent. */
#ifndef STAMP_H
#define STAMP_H

#include <stdint.h>

enum { FIELD_LIMIT_BYTES = 32 };

struct stamp {
    char field[FIELD_LIMIT_BYTES]; /* its name, quoted and with the colon */
    int64_t unit_ns, offset_units; /* its value is CLOCK_MONOTONIC in units, and so many more */
};

/* Reads a stamp's description, FIELD:UNIT_NS:OFFSET_UNITS; returns 0, or -1 if it isn't one. */
int stamp_describe(struct stamp *stamp, const char *description);

/* When the event was sent, CLOCK_MONOTONIC in ns, or -1 if the text has no stamp. */
int64_t stamp_ns(const struct stamp *stamp, const char *text);

#endif
