/* What subscribers have got: bytes, or events where they can't be told by their bytes; and how late at the probes. */
#ifndef COUNTING_H
#define COUNTING_H

#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "stamp.h"
#include "timings.h"

/* For all connections. */
struct counting {
    struct stamp stamp;
    struct timings timings;
    uint64_t disorder; /* events that probes got twice or in the wrong order */
    int untimed;
    int any_compressed;
};

/* Whether it takes no look at what comes. */
int counting_bytes_only(const struct counting *counting, const struct connection *connection);

/* Takes what has come after the greeting. Ends the program if it can't be read or kept. */
void counting_take(struct counting *counting, struct connection *connection, const uint8_t *data, size_t size);

/* Whether a subscriber has exactly so many events, which are so many bytes without compression. */
int counting_complete(const struct counting *counting, const struct connection *connection, uint64_t events,
                      uint64_t bytes);

#endif
