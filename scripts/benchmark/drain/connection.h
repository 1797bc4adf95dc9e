/* One subscriber: from connect() over the handshake and the greeting to counting what comes. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"
#include "inflater.h"

enum stage { CONNECTING, REQUESTED, READING_HEADERS, GREETED, OPEN, CLOSED };

/* What all connections have in common. */
struct target {
    struct sockaddr_in address;
    struct in_addr source; /* the first of SOURCES addresses that they come from */
    const char *path;
    int greeting_frames; /* text frames ahead of the first event: welcome and snapshot */
    int receive_buffer_bytes; /* 0: the kernel's choice */
    int window_bits; /* offered for permessage-deflate, NO_COMPRESSION for no offer */
};

struct connection {
    int fd;
    enum stage stage;
    int is_probe; /* reads every event; the others only count: bytes, or events where compression was offered */
    int greeting_left;
    unsigned line_end; /* how much of the blank line that ends HTTP's headers has come */
    char *response; /* HTTP's, until it is complete */
    size_t response_bytes;
    struct frames frames;
    struct inflater *inflater; /* a probe's, if compression was agreed on */
    uint64_t bytes; /* since the greeting; without control frames if it isn't only bytes that are counted */
    uint64_t events; /* if it isn't only bytes that are counted */
    int64_t last_stamp_ns;
};

/* Begins to connect; returns 0, or -1 with errno set. */
int connection_start(struct connection *connection, const struct target *target, unsigned number);

/* The socket is connected: sends the request. Returns -1 with errno set if it isn't. */
int connection_request(struct connection *connection, const struct target *target);

/* Takes bytes of handshake and greeting; returns how many, or -1 if it isn't let in. */
long connection_greet(struct connection *connection, const struct target *target, const uint8_t *data, size_t size);

#endif
