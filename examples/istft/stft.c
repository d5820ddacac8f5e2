#include "stft.h"

#include <complex.h>
#include <math.h>

#define TAU 6.283185307179586476925

double stft_window(int n)
{
    return 0.5 - 0.5 * cos(TAU * n / STFT_POINTS);
}

int64_t stft_frames(int64_t samples)
{
    return samples < STFT_POINTS ? 0 : (samples - STFT_POINTS) / STFT_HOP + 1;
}

/* out[k] = sum over n of in[n * step] * e^(-i tau k n / count), for a power of
 * two: the even samples' transform joined with the odd ones'. */
static void fft(const double *in, double complex *out, int count, int step)
{
    if (count == 1) {
        out[0] = in[0];
        return;
    }
    const int half = count / 2;
    fft(in, out, half, 2 * step);
    fft(in + step, out + half, half, 2 * step);
    for (int k = 0; k < half; k++) {
        const double angle = -TAU * k / count;
        const double complex even = out[k];
        const double complex odd =
            out[half + k] * (cos(angle) + I * sin(angle));
        out[k] = even + odd;
        out[half + k] = even - odd;
    }
}

void stft_forward(const float *signal, int64_t frames, double *spectrum)
{
    double windowed[STFT_POINTS];
    double complex bins[STFT_POINTS];
    for (int64_t frame = 0; frame < frames; frame++) {
        for (int n = 0; n < STFT_POINTS; n++)
            windowed[n] = stft_window(n) * signal[frame * STFT_HOP + n];
        fft(windowed, bins, STFT_POINTS, 1);
        for (int k = 0; k < STFT_BINS; k++) {
            spectrum[k * frames + frame] = creal(bins[k]);
            spectrum[(STFT_BINS + k) * frames + frame] = cimag(bins[k]);
        }
    }
}

void stft_inverse_basis(double *weight)
{
    for (int k = 0; k < STFT_BINS; k++) {
        /* Bins 1..511 stand for their mirror images, too. (The models take
         * the pseudo-inverse of the basis times points/hop and multiply by
         * that afterwards: the same numbers.) */
        const double scale = (k % (STFT_BINS - 1) ? 2.0 : 1.0) / STFT_POINTS;
        for (int n = 0; n < STFT_POINTS; n++) {
            const double angle = TAU * (k * n % STFT_POINTS) / STFT_POINTS;
            const double factor = scale * stft_window(n);
            weight[k * STFT_POINTS + n] = factor * cos(angle);
            weight[(STFT_BINS + k) * STFT_POINTS + n] = -factor * sin(angle);
        }
    }
}

double stft_window_sum(int64_t frames, int64_t j)
{
    double sum = 0;
    for (int64_t frame = j / STFT_HOP; frame >= 0; frame--) {
        const int64_t n = j - frame * STFT_HOP;
        if (n >= STFT_POINTS)
            break;
        if (frame < frames)
            sum += stft_window((int)n) * stft_window((int)n);
    }
    return sum;
}
