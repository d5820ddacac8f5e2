/* Something to hear: speech where it can be had, a chirp elsewhere. */
#ifndef SOUND_H
#define SOUND_H

#include <stdint.h>

struct sound {
    const char *what; /* where it comes from, for people */
    int rate;         /* samples a second */
    int64_t count;
    float *samples; /* within -1..1; free() */
};

/* Speech by espeak-ng, or three seconds of chirp. samples is NULL where memory
 * ran out. */
struct sound sound_make(void);

/* Writes 16-bit mono WAV. 0 if all of it was written. */
int sound_write_wav(const char *path, const float *samples, int64_t count,
                    int rate);

#endif
