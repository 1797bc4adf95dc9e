#define _GNU_SOURCE /* strcasestr */
#include "extension.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_LIMIT_BYTES = 256, LEAST_WINDOW_BITS = 8 };

static const char HEADER[] = "\r\nSec-WebSocket-Extensions:";
static const char NAME[] = "permessage-deflate";
static const char SERVER_WINDOW[] = "server_max_window_bits=";

const char *extension_offer(int window_bits) {
    switch (window_bits) {
    case FULL_WINDOW_BITS:
        return "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    case SMALL_WINDOW_BITS:
        return "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12\r\n";
    default:
        return "";
    }
}

/* Copies the header's value without blanks; returns NULL if there is none, or one that is too long. */
static const char *find_answer(const char *response, char *answer) {
    const char *value = strcasestr(response, HEADER);
    size_t size = 0;
    if (!value)
        return NULL;
    for (value += sizeof HEADER - 1; *value && *value != '\r'; value++) {
        if (size == ANSWER_LIMIT_BYTES - 1)
            return NULL;
        if (!isspace((unsigned char)*value))
            answer[size++] = *value;
    }
    answer[size] = 0;
    return answer;
}

int extension_agreed(const char *response, int offered_bits) {
    char answer[ANSWER_LIMIT_BYTES], *rest;
    int bits = FULL_WINDOW_BITS;
    if (!find_answer(response, answer))
        return strcasestr(response, HEADER) ? -1 : NO_COMPRESSION;
    if (offered_bits == NO_COMPRESSION || strcmp(strtok_r(answer, ";", &rest), NAME) != 0)
        return -1;
    for (const char *parameter; (parameter = strtok_r(NULL, ";", &rest));) {
        if (strncmp(parameter, SERVER_WINDOW, sizeof SERVER_WINDOW - 1) == 0)
            bits = atoi(parameter + sizeof SERVER_WINDOW - 1);
        else if (strcmp(parameter, "server_no_context_takeover") != 0 && strncmp(parameter, "client_", 7) != 0)
            return -1;
    }
    return bits >= LEAST_WINDOW_BITS && bits <= offered_bits ? bits : -1;
}
