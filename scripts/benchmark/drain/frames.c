#include "frames.h"

#include <string.h>

enum { OPCODE_BITS = 0x0f, RSV1_BIT = 0x40, SHORT_HEADER_BYTES = 2, SHORT_PAYLOAD_LIMIT_BYTES = 126 };

/*  byte 0     byte 1            bytes 2..3 or 2..9
 *  FIN+opcode length or 126/127 the length itself, big-endian, after 126 (2 bytes) or 127 (8 bytes)
 */
static unsigned header_size(const struct frames *frames) {
    if (frames->header_bytes < 2)
        return 2;
    switch (frames->header[1]) {
    case 126:
        return 4;
    case 127:
        return 10;
    default:
        return 2;
    }
}

static uint64_t payload_length(const struct frames *frames) {
    unsigned size = header_size(frames);
    if (size == 2)
        return frames->header[1];
    uint64_t length = 0;
    for (unsigned i = 2; i < size; i++)
        length = length << 8 | frames->header[i];
    return length;
}

size_t frames_take(struct frames *frames, const uint8_t *data, size_t size, int *complete) {
    size_t taken = 0;
    *complete = 0;
    while (frames->header_bytes < header_size(frames)) {
        if (taken == size)
            return taken;
        frames->header[frames->header_bytes++] = data[taken++];
        if (frames->header_bytes == header_size(frames))
            frames->payload_left = frames->payload_bytes = payload_length(frames);
    }
    size_t part = size - taken < frames->payload_left ? size - taken : frames->payload_left;
    uint64_t done = frames->payload_bytes - frames->payload_left;
    if (frames->payload && done + part < TEXT_LIMIT_BYTES) {
        memcpy(frames->payload + done, data + taken, part);
        frames->payload[done + part] = 0;
    }
    frames->payload_left -= part;
    *complete = frames->payload_left == 0;
    return taken + part;
}

int frames_opcode(const struct frames *frames) { return frames->header[0] & OPCODE_BITS; }

int frames_compressed(const struct frames *frames) { return (frames->header[0] & RSV1_BIT) != 0; }

uint64_t frames_size(const struct frames *frames) { return frames->header_bytes + frames->payload_bytes; }

void frames_next(struct frames *frames) { frames->header_bytes = 0; }

void frames_count(struct frames *frames, const uint8_t *data, size_t size, uint64_t *texts, uint64_t *bytes) {
    const uint8_t *end = data + size;
    while (data < end) {
        /* Nearly all compressed events: short, and in one piece. */
        while (!frames->header_bytes && end - data >= SHORT_HEADER_BYTES && data[1] < SHORT_PAYLOAD_LIMIT_BYTES &&
               end - data >= SHORT_HEADER_BYTES + data[1]) {
            int is_text = (data[0] & OPCODE_BITS) == OPCODE_TEXT;
            size_t frame = SHORT_HEADER_BYTES + (size_t)data[1];
            *texts += (uint64_t)is_text;
            *bytes += is_text ? frame : 0;
            data += frame;
        }
        int complete;
        data += frames_take(frames, data, (size_t)(end - data), &complete);
        if (!complete)
            continue;
        if (frames_opcode(frames) == OPCODE_TEXT) {
            ++*texts;
            *bytes += frames_size(frames);
        }
        frames_next(frames);
    }
}
