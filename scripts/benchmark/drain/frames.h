/* Reads a server's WebSocket frames out of a stream of bytes, however it is cut into pieces (RFC 6455, 5.2). */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_LIMIT_BYTES = 2048, HEADER_LIMIT_BYTES = 10, OPCODE_TEXT = 1 };

/* Between two calls: where in a frame the stream is. `payload` keeps a frame's beginning, as a string, if it is set. */
struct frames {
    uint64_t payload_left;
    uint64_t payload_bytes;
    char *payload;
    uint8_t header[HEADER_LIMIT_BYTES];
    uint8_t header_bytes;
};

/* Takes bytes up to the end of a frame at most; *complete tells whether one ended. Returns how many were taken. */
size_t frames_take(struct frames *frames, const uint8_t *data, size_t size, int *complete);

/* Of the frame that has just ended. */
int frames_opcode(const struct frames *frames);
int frames_compressed(const struct frames *frames);
uint64_t frames_size(const struct frames *frames);

/* Ready for the next frame. */
void frames_next(struct frames *frames);

/* Takes all the bytes and only adds up the text frames that end in them, and their size; `payload` isn't kept. */
void frames_count(struct frames *frames, const uint8_t *data, size_t size, uint64_t *texts, uint64_t *bytes);

#endif
