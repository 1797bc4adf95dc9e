/* Subscribers that cost less than whoever serves them: most only count, a few probes read and time each event.
 *
 * Without compression all events are as long as they were made, so bytes are counted (-w 0, as it is without -w). With
 * it (-w 15, -w 12) an event's length depends on those before it, so events are counted, and probes inflate them.
 * Each event has a stamp (-t, see stamp.h), growing from event to event.
 *
 * Commands on standard input, a line each, are answered by a line of JSON on standard output:
 *   report BYTES EVENTS  what has come so far, beside what each subscriber should have
 *   rest          forget how late the loop has been
 *   thaw          read on (with -z)
 *   write         write the timings so far to the file (-l), and forget them
 * The end of standard input ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "counting.h"
#include "lateness.h"

enum {
    BUFFER_BYTES = 1 << 20,
    EVENTS_PER_TURN = 64, /* sockets looked after between two looks at the timer */
    COMMAND_LIMIT_BYTES = 128
};

struct drain {
    struct target target;
    struct connection *connections;
    unsigned count, started, open, at_once;
    int probe_every, frozen, epoll, ended;
    const char *timings_path;
    struct lateness lateness;
    struct counting counting;
    unsigned closed;
};

static uint8_t buffer[BUFFER_BYTES];

static void fail(const char *what) {
    fprintf(stderr, "drain: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(const struct drain *drain, int fd, uint64_t tag, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    if (epoll_ctl(drain->epoll, operation, fd, &event) < 0)
        fail("epoll_ctl");
}

static void opened(struct drain *drain, struct connection *connection) {
    if (connection->is_probe) {
        connection->frames.payload = calloc(1, TEXT_LIMIT_BYTES);
        if (!connection->frames.payload)
            fail("calloc");
    }
    if (drain->frozen)
        watch(drain, connection->fd, 0, EPOLL_CTL_DEL, 0);
    if (++drain->open == drain->count)
        printf("{\"open\":%u}\n", drain->open);
}

static void readable(struct drain *drain, struct connection *connection) {
    /* The kernel throws away what is only counted (tcp(7), MSG_TRUNC). */
    int counted = connection->stage == OPEN && counting_bytes_only(&drain->counting, connection);
    ssize_t size = recv(connection->fd, buffer, sizeof buffer, counted ? MSG_TRUNC : 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        if (connection->stage != OPEN)
            fail("a connection ended before it was open");
        connection->stage = CLOSED;
        drain->closed++;
        close(connection->fd);
        return;
    }
    long greeting = 0;
    if (connection->stage != OPEN) {
        greeting = connection_greet(connection, &drain->target, buffer, (size_t)size);
        if (greeting < 0)
            exit(1);
        if (connection->stage == OPEN)
            opened(drain, connection);
    }
    counting_take(&drain->counting, connection, buffer + greeting, (size_t)(size - greeting));
}

static void connect_more(struct drain *drain) {
    for (; drain->started < drain->count && drain->started - drain->open < drain->at_once; drain->started++) {
        struct connection *connection = &drain->connections[drain->started];
        connection->is_probe = drain->probe_every && drain->started % (unsigned)drain->probe_every == 0;
        if (connection_start(connection, &drain->target, drain->started) < 0)
            fail("can't connect");
        watch(drain, connection->fd, drain->started, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

static void ready(struct drain *drain, uint64_t number) {
    struct connection *connection = &drain->connections[number];
    if (connection->stage == CONNECTING) {
        if (connection_request(connection, &drain->target) < 0)
            fail("can't connect");
        watch(drain, connection->fd, number, EPOLL_CTL_MOD, EPOLLIN);
    } else if (connection->stage != CLOSED) {
        readable(drain, connection);
    }
    connect_more(drain);
}

static void report(const struct drain *drain, uint64_t expected_bytes, uint64_t expected_events) {
    uint64_t probe_events = 0, bytes = 0, bytes_min = UINT64_MAX, bytes_max = 0;
    unsigned complete = 0;
    for (unsigned i = 0; i < drain->count; i++) {
        const struct connection *connection = &drain->connections[i];
        probe_events += connection->is_probe ? connection->events : 0;
        bytes += connection->bytes;
        bytes_min = connection->bytes < bytes_min ? connection->bytes : bytes_min;
        bytes_max = connection->bytes > bytes_max ? connection->bytes : bytes_max;
        complete += counting_complete(&drain->counting, connection, expected_events, expected_bytes) != 0;
    }
    printf("{\"complete\":%u,\"closed\":%u,\"disorder\":%llu,\"probe_events\":%llu,"
           "\"bytes\":%llu,\"bytes_min\":%llu,\"bytes_max\":%llu,\"late_p99_ms\":%d,\"late_max_ms\":%d}\n",
           complete, drain->closed, (unsigned long long)drain->counting.disorder, (unsigned long long)probe_events,
           (unsigned long long)bytes, (unsigned long long)bytes_min, (unsigned long long)bytes_max,
           lateness_ms(&drain->lateness, 0.99), lateness_ms(&drain->lateness, 1));
}

static void command(struct drain *drain) {
    char line[COMMAND_LIMIT_BYTES];
    ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
    line[size > 0 ? size : 0] = 0;
    if (size <= 0) {
        drain->ended = 1;
    } else if (strncmp(line, "report ", 7) == 0) {
        char *rest;
        uint64_t bytes = strtoull(line + 7, &rest, 10);
        report(drain, bytes, strtoull(rest, NULL, 10));
    } else if (strncmp(line, "rest", 4) == 0) {
        lateness_forget(&drain->lateness);
        printf("{}\n");
    } else if (strncmp(line, "write", 5) == 0) {
        if (timings_write(&drain->counting.timings, drain->timings_path) < 0)
            fail(drain->timings_path);
        printf("{}\n");
    } else if (strncmp(line, "thaw", 4) == 0) {
        for (unsigned i = 0; i < drain->count; i++)
            watch(drain, drain->connections[i].fd, i, EPOLL_CTL_ADD, EPOLLIN);
        printf("{}\n");
    }
}

static void options(struct drain *drain, int argc, char **argv) {
    int option;
    drain->target.address.sin_family = AF_INET;
    drain->target.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while ((option = getopt(argc, argv, "p:u:n:s:k:g:o:r:l:t:w:z")) != -1) {
        switch (option) {
        case 'p': drain->target.address.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'u': drain->target.path = optarg; break;
        case 'n': drain->count = (unsigned)atoi(optarg); break;
        case 's': inet_aton(optarg, &drain->target.source); break;
        case 'k': drain->probe_every = atoi(optarg); break;
        case 'g': drain->target.greeting_frames = atoi(optarg); break;
        case 'o': drain->at_once = (unsigned)atoi(optarg); break;
        case 'r': drain->target.receive_buffer_bytes = atoi(optarg); break;
        case 'l': drain->timings_path = optarg; break;
        case 't':
            if (stamp_describe(&drain->counting.stamp, optarg) < 0)
                exit(2);
            break;
        case 'w':
            drain->target.window_bits = atoi(optarg);
            drain->counting.any_compressed = drain->target.window_bits != 0;
            break;
        case 'z': drain->frozen = drain->counting.untimed = 1; break;
        default: exit(2);
        }
    }
}

int main(int argc, char **argv) {
    struct drain drain = {.at_once = 64};
    struct epoll_event events[EVENTS_PER_TURN];
    options(&drain, argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    drain.connections = calloc(drain.count, sizeof *drain.connections);
    drain.epoll = epoll_create1(0);
    if (!drain.connections || drain.epoll < 0 || lateness_start(&drain.lateness) < 0)
        fail("can't start");
    const uint64_t TIMER = drain.count, COMMANDS = drain.count + 1;
    watch(&drain, drain.lateness.fd, TIMER, EPOLL_CTL_ADD, EPOLLIN);
    watch(&drain, STDIN_FILENO, COMMANDS, EPOLL_CTL_ADD, EPOLLIN);
    connect_more(&drain);
    while (!drain.ended) {
        int count = epoll_wait(drain.epoll, events, EVENTS_PER_TURN, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == TIMER)
                lateness_note(&drain.lateness);
            else if (events[i].data.u64 == COMMANDS)
                command(&drain);
            else
                ready(&drain, events[i].data.u64);
        }
    }
    return 0;
}
