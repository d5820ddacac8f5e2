/* Prints one JSON object on one line. A key of NULL is an array's element. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    int comma; /* whether the next value needs one before it */
};

void json_begin(struct json *json, FILE *out);
void json_end(struct json *json); /* and the line's end */
void json_text(struct json *json, const char *key, const char *value);
void json_integer(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, int value);
void json_null(struct json *json, const char *key);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);

#endif
