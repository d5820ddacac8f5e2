/* Shrinks failures. */
#include "shrink.h"

#include <stddef.h>
#include <string.h>

#include "engine.h"

/* Fields in the order they are tried: what makes a case slow goes first. The
 * offset is that of an int64_t in struct subject. */
static const struct field {
    size_t offset;
    int64_t least;
} fields[] = {
    {offsetof(struct subject, batch), 1},
    {offsetof(struct subject, length), 1},
    {offsetof(struct subject, spec.groups), 1},
    {offsetof(struct subject, spec.in_channels), 1},
    {offsetof(struct subject, spec.out_channels), 1},
    {offsetof(struct subject, spec.kernel_size), 1},
    {offsetof(struct subject, spec.stride), 1},
    {offsetof(struct subject, spec.dilation), 1},
    {offsetof(struct subject, spec.padding_begin), 0},
    {offsetof(struct subject, spec.padding_end), 0},
    {offsetof(struct subject, spec.output_padding), 0},
};

#define FIELDS (sizeof fields / sizeof *fields)

struct search {
    struct subject *subject;
    shrink_fails *fails;
    void *context;
    int attempts;
};

/* Takes the candidate if it is legal, another one, and fails. */
static int try_candidate(struct search *search, const struct subject *candidate)
{
    int64_t output_length;
    const struct subject *now = search->subject;
    if ((tconv_spec_equal(&candidate->spec, &now->spec) &&
         candidate->batch == now->batch && candidate->length == now->length) ||
        tconv_spec_check(&candidate->spec, NULL) != TCONV_OK ||
        tconv_spec_output_length(&candidate->spec, candidate->length,
                                 &output_length, NULL) != TCONV_OK)
        return 0;
    if (search->attempts <= 0)
        return 0;
    search->attempts--;
    if (!search->fails(search->context, candidate))
        return 0;
    *search->subject = *candidate;
    return 1;
}

static int64_t get(const struct subject *subject, size_t offset)
{
    int64_t value;
    memcpy(&value, (const char *)subject + offset, sizeof value);
    return value;
}

/* Sets a field, and with it those that hang on it. */
static struct subject with(const struct subject *subject, size_t offset,
                           int64_t value)
{
    struct subject result = *subject;
    struct tconv_spec *s = &result.spec;
    memcpy((char *)&result + offset, &value, sizeof value);
    if (offset == offsetof(struct subject, length) && s->length)
        s->length = value;
    if (offset == offsetof(struct subject, spec.groups)) {
        s->in_channels = s->in_channels / subject->spec.groups * value;
        s->out_channels = s->out_channels / subject->spec.groups * value;
    }
    return result;
}

/* Channels go down by whole groups. */
static int64_t unit_of(const struct subject *subject, size_t offset)
{
    if (offset == offsetof(struct subject, spec.in_channels) ||
        offset == offsetof(struct subject, spec.out_channels))
        return subject->spec.groups;
    return 1;
}

static int shrink_field(struct search *search, const struct field *field)
{
    int any = 0, better = 1;
    while (better) {
        const int64_t unit = unit_of(search->subject, field->offset);
        const int64_t value = get(search->subject, field->offset) / unit;
        const int64_t tries[] = {field->least, (value + field->least) / 2,
                                 value - 1};
        better = 0;
        for (size_t i = 0; i < 3 && !better && value > field->least; i++) {
            struct subject candidate =
                with(search->subject, field->offset, tries[i] * unit);
            better = try_candidate(search, &candidate);
        }
        any |= better;
    }
    return any;
}

/* Towards PyTorch's defaults. */
static int shrink_choices(struct search *search)
{
    int any = 0;
    struct subject candidate = *search->subject;
    candidate.spec.length = 0;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.groups = 1;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.pass = TCONV_FORWARD;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.op = TCONV_CONV_TRANSPOSE1D;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.layout = candidate.spec.output_layout = TCONV_NCL;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.bias = 1;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.dtype = TCONV_F32;
    candidate.spec.weight_dtype = candidate.spec.output_dtype = TCONV_F32;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.spec.precision = TCONV_PRECISION_FULL;
    any |= try_candidate(search, &candidate);
    candidate = *search->subject;
    candidate.length = smallest_length(&candidate.spec);
    any |= try_candidate(search, &candidate);
    /* Both ends' padding together: the output length may allow no other way. */
    candidate = *search->subject;
    int64_t less = candidate.spec.padding_begin < candidate.spec.padding_end
                       ? candidate.spec.padding_begin
                       : candidate.spec.padding_end;
    candidate.spec.padding_begin -= less;
    candidate.spec.padding_end -= less;
    any |= try_candidate(search, &candidate);
    return any;
}

void shrink(struct subject *subject, shrink_fails *fails, void *context,
            int attempts)
{
    struct search search = {subject, fails, context, attempts};
    int better = 1;
    while (better && search.attempts > 0) {
        better = shrink_choices(&search);
        for (size_t i = 0; i < FIELDS; i++)
            better |= shrink_field(&search, &fields[i]);
    }
}
