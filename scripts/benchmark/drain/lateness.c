#include "lateness.h"

#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Often enough for a p99 over some seconds, at next to no cost. */
static const int64_t TICK_NS = 5000000;
static const int64_t NS_PER_MS = 1000000;

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int lateness_start(struct lateness *lateness) {
    struct itimerspec every = {.it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS};
    lateness->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    lateness->last_due_ns = now_ns();
    return lateness->fd < 0 ? -1 : timerfd_settime(lateness->fd, 0, &every, NULL);
}

void lateness_note(struct lateness *lateness) {
    uint64_t ticks;
    if (read(lateness->fd, &ticks, sizeof ticks) != sizeof ticks)
        return;
    for (; ticks; ticks--) {
        lateness->last_due_ns += TICK_NS;
        int64_t late_ms = (now_ns() - lateness->last_due_ns + NS_PER_MS - 1) / NS_PER_MS;
        lateness->per_ms[late_ms < LATENESS_LIMIT_MS ? late_ms : LATENESS_LIMIT_MS]++;
        lateness->count++;
    }
}

void lateness_forget(struct lateness *lateness) {
    memset(lateness->per_ms, 0, sizeof lateness->per_ms);
    lateness->count = 0;
}

int lateness_ms(const struct lateness *lateness, double part) {
    uint64_t seen = 0;
    for (int ms = 0; ms < LATENESS_LIMIT_MS; ms++) {
        seen += lateness->per_ms[ms];
        if ((double)seen >= part * (double)lateness->count)
            return ms;
    }
    return LATENESS_LIMIT_MS;
}
