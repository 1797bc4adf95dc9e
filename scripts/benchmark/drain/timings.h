/* What the probes have measured: when each event was sent, and how long it took. */
#ifndef TIMINGS_H
#define TIMINGS_H

#include <stddef.h>
#include <stdint.h>

struct timing {
    int64_t stamp_ns;
    int64_t latency_ns;
};

struct timings {
    struct timing *all;
    size_t count, limit;
};

/* Adds one; returns 0, or -1 with errno set. */
int timings_add(struct timings *timings, struct timing timing);

/* Writes all to a file, as they are in memory, and forgets them; returns 0, or -1 with errno set. */
int timings_write(struct timings *timings, const char *path);

#endif
