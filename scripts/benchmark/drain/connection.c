#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "extension.h"

/* Each has some 28,000 ephemeral ports of its own: enough for repeated runs of 20,000. */
enum { SOURCES = 4, REQUEST_LIMIT_BYTES = 1024, RESPONSE_LIMIT_BYTES = 2048 };

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
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                        target->path, ntohs(target->address.sin_port), extension_offer(target->window_bits));
    connection->stage = REQUESTED;
    connection->response = calloc(1, RESPONSE_LIMIT_BYTES);
    if (!connection->response)
        return -1;
    return send(connection->fd, request, (size_t)size, MSG_NOSIGNAL) == size ? 0 : -1;
}

static int agree(struct connection *connection, const struct target *target) {
    int bits = extension_agreed(connection->response, target->window_bits);
    if (bits < 0 || (bits == NO_COMPRESSION) != (target->window_bits == NO_COMPRESSION)) {
        fprintf(stderr, "drain: the server's answer to what was offered:\n%s", connection->response);
        return -1;
    }
    if (connection->is_probe && bits) {
        connection->inflater = calloc(1, sizeof *connection->inflater);
        if (!connection->inflater || inflater_start(connection->inflater, bits, TEXT_LIMIT_BYTES) < 0)
            return -1;
    }
    free(connection->response);
    connection->response = NULL;
    return 0;
}

static long take_response(struct connection *connection, const struct target *target, const uint8_t *data, size_t size) {
    size_t prefix = sizeof ACCEPTED - 1;
    if (connection->stage == REQUESTED && (size < prefix || memcmp(data, ACCEPTED, prefix) != 0)) {
        fprintf(stderr, "drain: the server answers: %.*s\n", (int)size, (const char *)data);
        return -1;
    }
    connection->stage = READING_HEADERS;
    for (size_t i = 0; i < size; i++) {
        int goes_on = data[i] == (uint8_t)BLANK_LINE[connection->line_end];
        connection->line_end = goes_on ? connection->line_end + 1 : data[i] == '\r';
        if (connection->response_bytes == RESPONSE_LIMIT_BYTES - 1)
            return -1;
        connection->response[connection->response_bytes++] = (char)data[i];
        if (connection->line_end == sizeof BLANK_LINE - 1) {
            connection->stage = connection->greeting_left ? GREETED : OPEN;
            return agree(connection, target) < 0 ? -1 : (long)i + 1;
        }
    }
    return (long)size;
}

long connection_greet(struct connection *connection, const struct target *target, const uint8_t *data, size_t size) {
    size_t taken = 0;
    if (connection->stage < GREETED) {
        long skipped = take_response(connection, target, data, size);
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
