#include "stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int stamp_describe(struct stamp *stamp, const char *description) {
    char name[FIELD_LIMIT_BYTES - 3];
    if (sscanf(description, "%28[^:]:%" SCNd64 ":%" SCNd64, name, &stamp->unit_ns, &stamp->offset_units) != 3)
        return -1;
    snprintf(stamp->field, sizeof stamp->field, "\"%s\":", name);
    return 0;
}

int64_t stamp_ns(const struct stamp *stamp, const char *text) {
    const char *field = strstr(text, stamp->field);
    if (!field)
        return -1;
    return (strtoll(field + strlen(stamp->field), NULL, 10) - stamp->offset_units) * stamp->unit_ns;
}
