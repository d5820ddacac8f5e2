/* Calls code that may fault. */
#ifndef TOOL_TRAP_H
#define TOOL_TRAP_H

/* Takes over SIGSEGV, SIGBUS, SIGFPE and SIGILL, and gives them back. */
void trap_install(void);
void trap_remove(void);

/* Calls function(argument). Returns 0, or the signal that it ended with. What
 * the function owned is lost then: it must own nothing. */
int trap_call(void (*function)(void *argument), void *argument);

#endif
