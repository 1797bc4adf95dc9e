/* How late this program's loop is: a timer in the same epoll set as the sockets, and a histogram. */
#ifndef LATENESS_H
#define LATENESS_H

#include <stdint.h>

enum { LATENESS_LIMIT_MS = 2000 };

struct lateness {
    int fd;
    int64_t last_due_ns;
    uint64_t count;
    uint64_t per_ms[LATENESS_LIMIT_MS + 1];
};

/* CLOCK_MONOTONIC in ns. */
int64_t now_ns(void);

/* Starts the timer; returns 0, or -1 with errno set. */
int lateness_start(struct lateness *lateness);

/* The timer is due. */
void lateness_note(struct lateness *lateness);

void lateness_forget(struct lateness *lateness);

/* The lateness, in whole ms rounded up, that this part of all ticks did not exceed. */
int lateness_ms(const struct lateness *lateness, double part);

#endif
