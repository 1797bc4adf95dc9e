#include "inflater.h"

#include <stdlib.h>

/* What the sender has cut off. */
static const Bytef TAIL[] = {0x00, 0x00, 0xff, 0xff};

int inflater_start(struct inflater *inflater, int window_bits, size_t text_limit_bytes) {
    inflater->text = malloc(text_limit_bytes);
    inflater->text_limit_bytes = text_limit_bytes;
    /* Negative: deflate as it is, without zlib's header. No larger than agreed, so that what reaches back further fails. */
    return inflater->text && inflateInit2(&inflater->stream, -window_bits) == Z_OK ? 0 : -1;
}

static int take_part(z_stream *stream, const Bytef *data, size_t size) {
    stream->next_in = (Bytef *)data;
    stream->avail_in = (uInt)size;
    int result = inflate(stream, Z_SYNC_FLUSH);
    return (result == Z_OK || result == Z_BUF_ERROR) && stream->avail_in == 0 ? 0 : -1;
}

int inflater_take(struct inflater *inflater, const char *payload, size_t size) {
    z_stream *stream = &inflater->stream;
    stream->next_out = (Bytef *)inflater->text;
    stream->avail_out = (uInt)inflater->text_limit_bytes;
    if (take_part(stream, (const Bytef *)payload, size) < 0 || take_part(stream, TAIL, sizeof TAIL) < 0)
        return -1;
    if (stream->avail_out == 0)
        return -1;
    *stream->next_out = 0;
    return 0;
}
