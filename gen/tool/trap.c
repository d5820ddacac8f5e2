/* Catches faults. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "trap.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction before[SIGNALS];

/* Where this thread goes when it faults; NULL outside trap_call(). */
static _Thread_local sigjmp_buf *volatile landing;

static void on_fault(int number)
{
    if (landing)
        siglongjmp(*landing, number);
    /* Not ours: returning runs into it again, with the default action. */
    signal(number, SIG_DFL);
}

void trap_install(void)
{
    struct sigaction action = {.sa_handler = on_fault};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &before[i]);
}

void trap_remove(void)
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}

int trap_call(void (*function)(void *argument), void *argument)
{
    sigjmp_buf here;
    int number = sigsetjmp(here, 1);
    if (number == 0) {
        landing = &here;
        function(argument);
    }
    landing = NULL;
    return number;
}
