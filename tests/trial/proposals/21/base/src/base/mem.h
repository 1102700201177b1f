/*
 * mem: lines of a text.
 */
#ifndef ASSENT_MEM_H
#define ASSENT_MEM_H

/* Where the line at p ends: at its '\n', or at end. */
const char *mem_line_end(const char *p, const char *end);
/* Where the next line begins: after the '\n', or at end. */
const char *mem_line_after(const char *p, const char *end);

#endif
