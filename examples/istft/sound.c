#include "sound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEECH                                                                 \
    "espeak-ng --stdout 'A transposed convolution turns these spectra back "   \
    "into speech.' 2>/dev/null"

static uint32_t read_u32(const unsigned char *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* espeak-ng's header: 44 bytes, 16-bit mono. Its sizes mean nothing on a pipe,
 * so the samples go on to the end. */
static void read_wav(FILE *file, struct sound *sound)
{
    unsigned char header[44];
    if (fread(header, 1, sizeof header, file) != sizeof header ||
        memcmp(header, "RIFF", 4) != 0 || memcmp(header + 36, "data", 4) != 0 ||
        read_u32(header + 20) != 0x00010001 /* PCM, mono */ ||
        header[34] != 16 /* bits */)
        return;
    sound->rate = (int)(read_u32(header + 24) & 0xfffff);
    int64_t room = 0;
    unsigned char bytes[2];
    while (fread(bytes, 1, 2, file) == 2) {
        if (sound->count == room) {
            room = room ? 2 * room : 1 << 16;
            float *grown =
                realloc(sound->samples, (size_t)room * sizeof *grown);
            if (!grown)
                return;
            sound->samples = grown;
        }
        const int value = bytes[0] | bytes[1] << 8;
        sound->samples[sound->count++] =
            (float)(value < 32768 ? value : value - 65536) / 32768.0F;
    }
}

static void make_chirp(struct sound *sound)
{
    sound->what = "a chirp (install espeak-ng for speech)";
    sound->rate = 22050;
    sound->count = (int64_t)3 * sound->rate;
    sound->samples = malloc((size_t)sound->count * sizeof *sound->samples);
    for (int64_t i = 0; sound->samples && i < sound->count; i++) {
        /* 50 Hz rising to 5 kHz. */
        const double t = (double)i / sound->rate;
        sound->samples[i] =
            (float)(0.5 * sin(6.283185307179586 * (50 * t + 825 * t * t)));
    }
}

struct sound sound_make(void)
{
    struct sound sound = {"speech by espeak-ng", 0, 0, NULL};
    FILE *pipe = popen(SPEECH, "r");
    if (pipe) {
        read_wav(pipe, &sound);
        (void)pclose(pipe);
    }
    if (sound.count < sound.rate || sound.count == 0) {
        free(sound.samples);
        make_chirp(&sound);
    }
    return sound;
}

static void write_u32(unsigned char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
}

int sound_write_wav(const char *path, const float *samples, int64_t count,
                    int rate)
{
    unsigned char header[44] = {'R', 'I', 'F', 'F', [8] = 'W',  'A', 'V', 'E',
                                'f', 'm', 't', ' ', [36] = 'd', 'a', 't', 'a'};
    write_u32(header + 4, (uint32_t)(36 + 2 * count));
    write_u32(header + 16, 16);
    write_u32(header + 20, 0x00010001); /* PCM, mono */
    write_u32(header + 24, (uint32_t)rate);
    write_u32(header + 28, 2 * (uint32_t)rate);
    write_u32(header + 32, 0x00100002); /* 2 bytes a sample, 16 bits */
    write_u32(header + 40, (uint32_t)(2 * count));
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    int failed = fwrite(header, 1, sizeof header, file) != sizeof header;
    for (int64_t i = 0; i < count && !failed; i++) {
        const float clipped = fminf(fmaxf(samples[i], -1.0F), 1.0F);
        const int value = (int)lroundf(clipped * 32767.0F);
        const unsigned char bytes[2] = {(unsigned char)(value & 255),
                                        (unsigned char)(value >> 8 & 255)};
        failed = fwrite(bytes, 1, 2, file) != 2;
    }
    return fclose(file) != 0 || failed ? -1 : 0;
}
