/* mem-out: what a process does before it ends for lack of memory (mem.h). */
#ifndef ASSENT_BASE_MEM_OUT_H
#define ASSENT_BASE_MEM_OUT_H

/* Called before the message; it may not allocate. NULL: nothing. */
void	mem_on_out(void (*)(void));

#endif
