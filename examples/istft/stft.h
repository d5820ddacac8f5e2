/* Short-time Fourier transform, 1024 points, hop 256, periodic Hann window, and
 * the weights with which a ConvTranspose1d undoes it. */
#ifndef STFT_H
#define STFT_H

#include <stdint.h>

#define STFT_POINTS 1024
#define STFT_HOP 256
#define STFT_BINS (STFT_POINTS / 2 + 1)

/* The window at sample n of a frame. */
double stft_window(int n);

/* Whole frames in `samples` samples; 0 if there is none. */
int64_t stft_frames(int64_t samples);

/* spectrum (2 * STFT_BINS, frames): the real parts of all bins, then the
 * imaginary ones. */
void stft_forward(const float *signal, int64_t frames, double *spectrum);

/* weight (2 * STFT_BINS, 1, STFT_POINTS): the windowed inverse Fourier basis.
 * What the layer puts out is the signal times stft_window_sum. */
void stft_inverse_basis(double *weight);

/* Sum of the squared windows over sample j of `frames` overlapping frames. */
double stft_window_sum(int64_t frames, int64_t j);

#endif
