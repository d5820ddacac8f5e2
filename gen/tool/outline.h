/* A plan in a few lines. */
#ifndef TOOL_OUTLINE_H
#define TOOL_OUTLINE_H

/* Prints what people ask of the text of tconv_generator_plan(): the algorithm,
 * and the phases, taps and tiles of each tap set. What a plan does not say is
 * left out, so that a new algorithm needs nothing here. */
void outline_print(const char *plan, const char *isa);

#endif
