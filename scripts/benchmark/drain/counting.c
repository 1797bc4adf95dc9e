#include "counting.h"

#include <stdio.h>
#include <stdlib.h>

#include "lateness.h"

enum {
    PING_BYTES = 2,  /* a server's ping among the events */
    PINGS_LIMIT = 20 /* ten minutes of them */
};

static void fail(const char *what) {
    fprintf(stderr, "drain: %s\n", what);
    exit(1);
}

static const char *read_text(struct connection *connection) {
    const struct frames *frames = &connection->frames;
    if (!frames_compressed(frames))
        return frames->payload;
    if (!connection->inflater || frames->payload_bytes >= TEXT_LIMIT_BYTES ||
        inflater_take(connection->inflater, frames->payload, frames->payload_bytes) < 0)
        fail("an event can't be inflated");
    return connection->inflater->text;
}

static void note_event(struct counting *counting, struct connection *connection) {
    int64_t stamp = stamp_ns(&counting->stamp, read_text(connection));
    if (stamp < 0)
        return;
    counting->disorder += stamp <= connection->last_stamp_ns;
    connection->last_stamp_ns = stamp;
    connection->events++;
    if (counting->untimed)
        return;
    struct timing timing = {stamp, now_ns() - stamp};
    if (timings_add(&counting->timings, timing) < 0)
        fail("can't keep the timings");
}

int counting_bytes_only(const struct counting *counting, const struct connection *connection) {
    return !connection->is_probe && !counting->any_compressed;
}

void counting_take(struct counting *counting, struct connection *connection, const uint8_t *data, size_t size) {
    if (counting_bytes_only(counting, connection)) {
        connection->bytes += size;
        return;
    }
    if (!connection->is_probe) {
        frames_count(&connection->frames, data, size, &connection->events, &connection->bytes);
        return;
    }
    while (size) {
        int complete;
        size_t taken = frames_take(&connection->frames, data, size, &complete);
        data += taken;
        size -= taken;
        if (!complete)
            return;
        if (frames_opcode(&connection->frames) == OPCODE_TEXT) {
            connection->bytes += frames_size(&connection->frames);
            note_event(counting, connection);
        }
        frames_next(&connection->frames);
    }
}

int counting_complete(const struct counting *counting, const struct connection *connection, uint64_t events,
                      uint64_t bytes) {
    uint64_t over = connection->bytes - bytes;
    if (counting->any_compressed)
        return connection->events == events;
    if (connection->is_probe)
        return over == 0 && connection->events == events;
    return over % PING_BYTES == 0 && over <= PINGS_LIMIT * PING_BYTES;
}
