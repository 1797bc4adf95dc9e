#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each has some 28,000 ephemeral ports of its own: enough for repeated runs of 20,000. */
enum { SOURCES = 4, REQUEST_LIMIT_BYTES = 1024 };

static const char BLANK_LINE[] = "\r\n\r\n";
static const char ACCEPTED[] = "HTTP/1.1 101";

int connection_start(struct connection *connection, const struct target *target, unsigned number) {
    int on = 1;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(ntohl(target->source.s_addr) + number % SOURCES);

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connection->fd < 0)
        return -1;
    connection->stage = CONNECTING;
    connection->greeting_left = target->greeting_frames;
    setsockopt(connection->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    /* A reset at the end leaves no port in TIME_WAIT. */
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (target->receive_buffer_bytes)
        setsockopt(connection->fd, SOL_SOCKET, SO_RCVBUF, &target->receive_buffer_bytes, sizeof(int));
    if (bind(connection->fd, (struct sockaddr *)&source, sizeof source) < 0)
        return -1;
    if (connect(connection->fd, (const struct sockaddr *)&target->address, sizeof target->address) < 0)
        return errno == EINPROGRESS ? 0 : -1;
    return 0;
}

int connection_request(struct connection *connection, const struct target *target) {
    char request[REQUEST_LIMIT_BYTES];
    int failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure) {
        errno = failure;
        return -1;
    }
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                        target->path, ntohs(target->address.sin_port));
    connection->stage = REQUESTED;
    return send(connection->fd, request, (size_t)size, MSG_NOSIGNAL) == size ? 0 : -1;
}

static long skip_headers(struct connection *connection, const uint8_t *data, size_t size) {
    size_t prefix = sizeof ACCEPTED - 1;
    if (connection->stage == REQUESTED && (size < prefix || memcmp(data, ACCEPTED, prefix) != 0)) {
        fprintf(stderr, "drain: the server answers: %.*s\n", (int)size, (const char *)data);
        return -1;
    }
    connection->stage = READING_HEADERS;
    for (size_t i = 0; i < size; i++) {
        int goes_on = data[i] == (uint8_t)BLANK_LINE[connection->line_end];
        connection->line_end = goes_on ? connection->line_end + 1 : data[i] == '\r';
        if (connection->line_end == sizeof BLANK_LINE - 1) {
            connection->stage = connection->greeting_left ? GREETED : OPEN;
            return (long)i + 1;
        }
    }
    return (long)size;
}

long connection_greet(struct connection *connection, const uint8_t *data, size_t size) {
    size_t taken = 0;
    if (connection->stage < GREETED) {
        long skipped = skip_headers(connection, data, size);
        if (skipped < 0)
            return -1;
        taken = (size_t)skipped;
    }
    while (connection->stage == GREETED && taken < size) {
        int complete;
        taken += frames_take(&connection->frames, data + taken, size - taken, &complete);
        if (complete) {
            connection->greeting_left -= frames_opcode(&connection->frames) == OPCODE_TEXT;
            frames_next(&connection->frames);
        }
        if (connection->greeting_left == 0)
            connection->stage = OPEN;
    }
    return (long)taken;
}
