#include "timings.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_LIMIT = 65536 };

int timings_add(struct timings *timings, struct timing timing) {
    if (timings->count == timings->limit) {
        size_t limit = timings->limit ? 2 * timings->limit : FIRST_LIMIT;
        struct timing *all = realloc(timings->all, limit * sizeof timing);
        if (!all)
            return -1;
        timings->all = all;
        timings->limit = limit;
    }
    timings->all[timings->count++] = timing;
    return 0;
}

int timings_write(struct timings *timings, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    size_t written = fwrite(timings->all, sizeof *timings->all, timings->count, file);
    if (fclose(file) || written != timings->count)
        return -1;
    timings->count = 0;
    return 0;
}
