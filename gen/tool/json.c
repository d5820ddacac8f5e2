/* Prints JSON. */
#include "json.h"

#include <math.h>

/* Bytes from 0x80 on pass: text is UTF-8 as it came. */
static void put_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(out, "\\u%04x", byte);
        else
            putc(byte, out);
    }
    putc('"', out);
}

static void put_key(struct json *json, const char *key)
{
    if (json->comma)
        fputs(", ", json->out);
    json->comma = 1;
    if (key) {
        put_string(json->out, key);
        fputs(": ", json->out);
    }
}

void json_begin(struct json *json, FILE *out)
{
    json->out = out;
    json->comma = 0;
    putc('{', out);
}

void json_end(struct json *json)
{
    fputs("}\n", json->out);
}

void json_text(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    put_string(json->out, value);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    put_key(json, key);
    fprintf(json->out, "%lld", (long long)value);
}

/* JSON has no infinities and no NaN. */
void json_real(struct json *json, const char *key, double value)
{
    put_key(json, key);
    if (isfinite(value))
        fprintf(json->out, "%.6g", value);
    else
        fputs("null", json->out);
}

void json_bool(struct json *json, const char *key, int value)
{
    put_key(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    fputs("null", json->out);
}

void json_array_begin(struct json *json, const char *key)
{
    put_key(json, key);
    putc('[', json->out);
    json->comma = 0;
}

void json_array_end(struct json *json)
{
    putc(']', json->out);
    json->comma = 1;
}
